"""The spine: what a mechanism owes, what it returns, and how two settings of it are compared."""
