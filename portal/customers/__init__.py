"""Who the operator's customers are: parties, customers, accounts, lines, numbers, roles, and finding them."""

from portal.customers.changes import change_number, end_line, rename_customer, set_language
from portal.customers.correcting import CORRECTABLE, CustomerLeft, correct_customer, find_differences
from portal.customers.counting import count_customers
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
from portal.customers.delegation import DELEGATED, LastOfThem, RoleHolder, change_rights, end_role, give_role, list_role_holders
from portal.customers.delivery_addresses import (
    DeliveryAddressView,
    NewDeliveryAddress,
    add_delivery_address,
    change_delivery_address,
    end_delivery_address,
    get_delivery_address,
    list_delivery_addresses,
    use_delivery_address,
)
from portal.customers.divisions import DivisionArea, Divisions, get_divisions, read_divisions
from portal.customers.employees import add_employee, end_employee, rename_employee
from portal.customers.enterprises import Enterprise, find_enterprise, list_enterprises, search_enterprises
from portal.customers.intake_rows import CustomersInBulk
from portal.customers.keys import search_keys_of, search_text_of
from portal.customers.links import LinkedParty, NotLinkable, TooManyLinks, link_parties, list_links, unlink_parties
from portal.customers.locking import lock_customer
from portal.customers.members import add_member, remove_member
from portal.customers.numbers import Holder, NumberInUse, find_held, find_holder, find_holders, get_holder_of_line, parse_number, write_e164
from portal.customers.papers import PAPERS, PaperName, PaperView, keep_papers, list_papers
from portal.customers.persons import CustomerOwner, Person, UsedLine, find_person, get_owner
from portal.customers.products import open_line, start_product, undo_product
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
from portal.customers.rights import EVERYTHING, NOTHING, RIGHTS
from portal.customers.roles import ActingFor, get_viewer, list_acting
from portal.customers.search import Hit, SearchAnswer, search_customers
from portal.customers.shopper import Shopper, ShopperLine, age_on, get_shopper, lives_in, tenure_months
from portal.customers.viewer import Viewer

__all__ = [
    "CORRECTABLE",
    "DELEGATED",
    "EVERYTHING",
    "NOTHING",
    "PAPERS",
    "RIGHTS",
    "AccountView",
    "ActingFor",
    "AddressView",
    "AgreementView",
    "CreatedCustomer",
    "CustomerLeft",
    "CustomerOwner",
    "CustomersInBulk",
    "DeliveryAddressView",
    "DivisionArea",
    "Divisions",
    "Enterprise",
    "Hit",
    "Holder",
    "LastOfThem",
    "LineView",
    "LinkedParty",
    "NewAddress",
    "NewCustomer",
    "NewDeliveryAddress",
    "NewLine",
    "NewPerson",
    "NewProduct",
    "NotLinkable",
    "NumberInUse",
    "PaperName",
    "PaperView",
    "Person",
    "ProductView",
    "ProfileCard",
    "RoleHolder",
    "SearchAnswer",
    "Shopper",
    "ShopperLine",
    "TooManyLinks",
    "UsedLine",
    "Viewer",
    "add_delivery_address",
    "add_employee",
    "add_member",
    "age_on",
    "change_delivery_address",
    "change_number",
    "change_rights",
    "correct_customer",
    "count_customers",
    "create_customer",
    "create_enterprise",
    "end_delivery_address",
    "end_employee",
    "end_line",
    "end_role",
    "find_birth_date",
    "find_differences",
    "find_enterprise",
    "find_held",
    "find_holder",
    "find_holders",
    "find_person",
    "get_delivery_address",
    "get_divisions",
    "get_holder_of_line",
    "get_owner",
    "get_shopper",
    "get_viewer",
    "give_role",
    "keep_papers",
    "link_parties",
    "list_acting",
    "list_delivery_addresses",
    "list_enterprises",
    "list_links",
    "list_papers",
    "list_role_holders",
    "lives_in",
    "lock_customer",
    "open_line",
    "parse_number",
    "profile_card",
    "read_divisions",
    "remove_member",
    "rename_customer",
    "rename_employee",
    "search_customers",
    "search_enterprises",
    "search_keys_of",
    "search_text_of",
    "set_language",
    "start_product",
    "tenure_months",
    "undo_product",
    "unlink_parties",
    "use_delivery_address",
    "write_e164",
]
