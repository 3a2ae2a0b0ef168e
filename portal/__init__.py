"""OneHall: one login, one view of the customer, one place to be served."""
