"""Who the operator's customers are: parties, customers, accounts, lines, numbers, roles, and finding them."""

from portal.customers.changes import change_number, end_line, rename_customer, set_language
from portal.customers.correcting import CORRECTABLE, CustomerLeft, correct_customer, find_differences
from portal.customers.creation import (
    CreatedCustomer,
    NewAddress,
    NewCustomer,
    NewLine,
    NewPerson,
    NewProduct,
    create_customer,
    create_enterprise,
)
from portal.customers.intake_rows import CustomersInBulk
from portal.customers.keys import search_keys_of, search_text_of
from portal.customers.numbers import Holder, NumberInUse, find_holder, find_holders, get_holder_of_line, parse_number, write_e164
from portal.customers.persons import Person, UsedLine, find_person
from portal.customers.profile import (
    AccountView,
    AddressView,
    AgreementView,
    LineView,
    ProductView,
    ProfileCard,
    find_birth_date,
    profile_card,
)
from portal.customers.roles import ActingFor, add_member, get_viewer, list_acting, remove_member
from portal.customers.search import Hit, SearchAnswer, search_customers
from portal.customers.viewer import Viewer

__all__ = [
    "CORRECTABLE",
    "AccountView",
    "ActingFor",
    "AddressView",
    "AgreementView",
    "CreatedCustomer",
    "CustomerLeft",
    "CustomersInBulk",
    "Hit",
    "Holder",
    "LineView",
    "NewAddress",
    "NewCustomer",
    "NewLine",
    "NewPerson",
    "NewProduct",
    "NumberInUse",
    "Person",
    "ProductView",
    "ProfileCard",
    "SearchAnswer",
    "UsedLine",
    "Viewer",
    "add_member",
    "change_number",
    "correct_customer",
    "create_customer",
    "create_enterprise",
    "end_line",
    "find_birth_date",
    "find_differences",
    "find_holder",
    "find_holders",
    "find_person",
    "get_holder_of_line",
    "get_viewer",
    "list_acting",
    "parse_number",
    "profile_card",
    "remove_member",
    "rename_customer",
    "search_customers",
    "search_keys_of",
    "search_text_of",
    "set_language",
    "write_e164",
]
