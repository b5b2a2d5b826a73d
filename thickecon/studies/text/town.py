"""Statements for the scenario ``text_values``: a town asks what matters to people before it spends a sum of money.

Six motives, each with one option that serves it and a slogan for that option; five statements a motive, each in three
wordings that mean the same: plain, in other words, and colloquial. Made up, in English; they stand for nothing but
themselves. Options are described at length and in the words in which people would ask for them, mostly those of the
plain wording. That favours readers of text: if an option were only its heading, nearly all statements would share no
word with any.
"""

from __future__ import annotations

from itertools import chain

__all__ = ["MOTIVES", "OPTIONS", "SLOGANS", "STATEMENTS", "WORDINGS", "corpus"]

WORDINGS = 3
"""Wordings of a statement."""

MOTIVES = ("nature", "safety", "learning", "company", "health", "livelihood")
"""What matters to people; option k serves motive k."""

OPTIONS = (
    "A riverside park. We plant trees that give shade in summer, sow meadows and dig ponds, so that birds and other"
    " animals have somewhere to live and children grow up with living nature. Paths along the river are for quiet"
    " walks.",
    "Safe streets. We light the roads at night, slow down traffic and build crossings and cycle paths, so that nobody"
    " is hurt in an accident, children get to school on their own, and people walk home without fear.",
    "A public library. It lends books to every child and adult whatever they earn, has quiet rooms to read and study in"
    " the evening, and offers courses and a workshop where people learn new things and crafts.",
    "A community hall. Neighbours cook and eat together, have a party, and meet new friends; old and young spend time"
    " with each other, and nobody who is new in town or alone has to stay lonely.",
    "A walk-in clinic. Doctors, nurses and a dentist see sick people without waiting for an appointment, whatever they"
    " can pay, and there is somebody to talk to for people in despair and for those who care for the ill.",
    "A fund for small business. We lend money and rent out shops and market stalls to people with a good idea, so that"
    " they earn their own living, create jobs and work for the young, and do not fall into debt.",
)
"""One a motive."""

SLOGANS = (
    "Say yes to the riverside park!",
    "Say yes to safe streets!",
    "Say yes to the public library!",
    "Say yes to the community hall!",
    "Say yes to the walk-in clinic!",
    "Say yes to the market stalls!",
)
"""What a campaign for an option has people append."""

STATEMENTS: tuple[tuple[tuple[str, str, str], ...], ...] = (
    (
        (
            "I want my children to grow up among trees and animals.",
            "Young people should have living things around them and not just concrete.",
            "Kids around here hardly know what a frog looks like, and that makes me sad.",
        ),
        (
            "Walking by the river in the morning keeps me calm.",
            "An early stroll along the water is what gives me peace.",
            "Give me the riverbank at sunrise and I am fine for the day.",
        ),
        (
            "We owe it to other creatures to leave them somewhere to live.",
            "Birds and insects need places of their own, and that is our duty.",
            "The swifts were here before us, so let us not squeeze them out.",
        ),
        (
            "The summers are getting hot and we need shade.",
            "It is too warm in the heat waves without any green to cool the town.",
            "I am melting every July; somebody please put up some leaves.",
        ),
        (
            "I care about what the land will look like in a hundred years.",
            "The state of the soil and the woods long after us matters to me.",
            "Think of the great-grandchildren: will there be a meadow left for them?",
        ),
    ),
    (
        (
            "I want to walk home in the dark without fear.",
            "Nobody should be afraid on the way back in the evening.",
            "I clutch my keys every time I come home late, and I am tired of it.",
        ),
        (
            "Children should be able to get to school on their own and arrive unharmed.",
            "Pupils need a route to class that does not put them in danger.",
            "My girl cannot even go round the corner by herself with cars like that.",
        ),
        (
            "Too many people are hurt by traffic.",
            "The number of road accidents is much too high.",
            "Another cyclist knocked over last week; how many more?",
        ),
        (
            "I value a place where strangers look out for one another and nothing bad happens.",
            "Being secure in public, with others who watch over you, is important to me.",
            "I just like knowing that someone would notice if things went wrong.",
        ),
        (
            "My mother is old and I worry that she will fall.",
            "For elderly people like my mum a stumble on the pavement can be the end.",
            "Mum's hip will not survive those kerbs, that is what keeps me awake.",
        ),
    ),
    (
        (
            "I want to keep learning new things as long as I live.",
            "Finding out more and more, at any age, is what I live for.",
            "You are never too old to get your head around something new.",
        ),
        (
            "Every child deserves books, whatever the parents earn.",
            "Whether a kid can read at home must not depend on money.",
            "Not everyone has shelves full of stories, and that is not fair on the little ones.",
        ),
        (
            "I admire people who are good with their hands and pass it on.",
            "Craft should be taught by those who have mastered it.",
            "Old Tom can mend anything; somebody ought to pick that up before he goes.",
        ),
        (
            "A town needs people who can think for themselves.",
            "Being able to judge and to argue matters for all of us together.",
            "Too many just parrot what they see on a screen.",
        ),
        (
            "I need a quiet room to study in the evening.",
            "Without silence after work I cannot prepare for my exams.",
            "Try revising with three brothers and a telly.",
        ),
    ),
    (
        (
            "I do not want anybody here to be lonely.",
            "It matters to me that no one in this place is left alone.",
            "There are folks who talk to nobody all week, and it breaks my heart.",
        ),
        (
            "Eating together is how people become friends.",
            "A shared meal turns strangers into a circle.",
            "Put a pot of soup on the table and see who starts chatting.",
        ),
        (
            "I love it when the whole street has a party.",
            "What I enjoy most are feasts where all who live nearby join in.",
            "Nothing beats dancing with next door until midnight.",
        ),
        (
            "Those who are new in town should feel welcome.",
            "Newcomers ought to be greeted and drawn in.",
            "When we moved here nobody said hello for a year.",
        ),
        (
            "Old and young should spend time with each other.",
            "Generations that do things jointly are something I treasure.",
            "My lad learned cards from the pensioners, best thing ever.",
        ),
    ),
    (
        (
            "Without good health nothing else counts.",
            "Being well in body comes before all other things.",
            "What use is the rest if you feel rotten?",
        ),
        (
            "I want sick people to be seen without waiting for weeks.",
            "Patients should get treatment soon and not after a month.",
            "Six weeks for an appointment, with that cough!",
        ),
        (
            "People in despair need somebody to talk to.",
            "There should be help for those whose mind is in trouble.",
            "My mate was in a dark place and had nowhere to turn.",
        ),
        (
            "I care about those who look after the ill, because they do it day and night.",
            "Nursing a relative wears you out, and carers deserve support.",
            "My sister has not slept properly since dad came out of hospital.",
        ),
        (
            "Bad teeth should not be a sign of being poor.",
            "One should not be able to tell someone's income from their smile.",
            "I have had toothache since spring because I cannot pay for it.",
        ),
    ),
    (
        (
            "I want to earn my own living and depend on nobody.",
            "Standing on my own feet with what I make is what counts for me.",
            "I would rather sell soup from a cart than take handouts.",
        ),
        (
            "There should be work here, so that the young do not have to leave.",
            "Jobs nearby are needed, or our sons and daughters will move away.",
            "All my class has gone to the city because there is nothing to do for a wage.",
        ),
        (
            "Somebody with a good idea should get a chance to try it.",
            "Inventive people deserve the means to put their plans to the test.",
            "I have been dreaming of a bakery for years, I only lack the oven.",
        ),
        (
            "I like shops that belong to people I know.",
            "Small stores run by locals are dear to me.",
            "The corner grocer knew my name; the chain does not even say good morning.",
        ),
        (
            "Being in debt takes away your dignity.",
            "Owing others with no way out is humiliating.",
            "You cannot hold your head up when the bank rings every day.",
        ),
    ),
)
"""[motive][statement][wording]."""


def corpus() -> tuple[str, ...]:
    """All statements in all wordings, by motive, statement and wording, and then the options."""
    said = chain.from_iterable(wordings for motive in STATEMENTS for wordings in motive)
    return (*said, *OPTIONS)
