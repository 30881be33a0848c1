"""What each command of the command line does; `relay.__main__` reads the words and calls them."""
