"""What OneHall speaks to outside: for each kind the real one and the one that ships as default, side by side."""
