"""Equilibria of auctions among bidders who know the law of the others' values, and not the values."""
