"""Providers that enterprises bring: their employees sign in there and arrive here signed in (OpenID Connect, SAML 2.0)."""

from portal.federation.arrivals import Arrived, admit
from portal.federation.calls import ask_userinfo, redeem_upstream
from portal.federation.domains import domain_of, find_provider_for_mail, list_domains, read_domain, set_domains
from portal.federation.id_tokens import add_userinfo, check_id_token, read_answer
from portal.federation.journeys import Journey, Ourselves, start_upstream, take_journey, take_posted, take_waiting, wait_at_the_door
from portal.federation.ports import ProviderSilent, Upstream
from portal.federation.provider_keys import claim_provider_keys, keep_provider_keys, wants_keys
from portal.federation.provider_rules import ADMITS, CLAIM_NAMES, KINDS, LEVELS, NewProvider
from portal.federation.providers import (
    ProviderView,
    change_provider,
    create_provider,
    end_provider,
    find_provider_by_slug,
    find_provider_of_party,
    find_providers_of,
    get_provider,
    list_providers,
    read_secret,
)
from portal.federation.published import check_provider, discovery_address
from portal.federation.refusals import UPSTREAM_SENTENCES, UpstreamRefused
from portal.federation.said import Said
from portal.federation.saml_metadata import write_metadata
from portal.federation.saml_responses import check_response
from portal.federation.sweep import sweep_federation

__all__ = [
    "ADMITS",
    "CLAIM_NAMES",
    "KINDS",
    "LEVELS",
    "UPSTREAM_SENTENCES",
    "Arrived",
    "Journey",
    "NewProvider",
    "Ourselves",
    "ProviderSilent",
    "ProviderView",
    "Said",
    "Upstream",
    "UpstreamRefused",
    "add_userinfo",
    "admit",
    "ask_userinfo",
    "change_provider",
    "check_id_token",
    "check_provider",
    "check_response",
    "claim_provider_keys",
    "create_provider",
    "discovery_address",
    "domain_of",
    "end_provider",
    "find_provider_by_slug",
    "find_provider_for_mail",
    "find_provider_of_party",
    "find_providers_of",
    "get_provider",
    "keep_provider_keys",
    "list_domains",
    "list_providers",
    "read_answer",
    "read_domain",
    "read_secret",
    "redeem_upstream",
    "set_domains",
    "start_upstream",
    "sweep_federation",
    "take_journey",
    "take_posted",
    "take_waiting",
    "wait_at_the_door",
    "wants_keys",
    "write_metadata",
]
