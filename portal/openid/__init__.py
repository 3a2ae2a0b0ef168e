"""One login for every site: clients, the keys that sign, grants and their tokens, and the word that somebody has left."""

from portal.openid.client_auth import ClientRefused, authenticate_client
from portal.openid.client_rules import AUTH_METHODS, CODE, DEVICE, EXCHANGE, GRANT_TYPES, MACHINE, REFRESH, NewClient, allows_redirect
from portal.openid.client_sessions import ClientSessionView, find_client_session, list_told_clients, open_client_session
from portal.openid.clients import (
    ClientView,
    change_client,
    create_client,
    end_client,
    find_client,
    get_client,
    list_clients,
    new_client_secret,
)
from portal.openid.codes import issue_code, redeem_code
from portal.openid.consents import ConsentView, find_consent, give_consent, list_consents, revoke_consent
from portal.openid.device import DeviceStarted, DeviceView, decide_device, find_device_by_user_code, poll_device, start_device
from portal.openid.dpop import ProofRefused, check_proof
from portal.openid.exchange import exchange_token
from portal.openid.grants import Grant, SignIn, revoke_grant, revoke_grants, revoke_grants_of_session
from portal.openid.introspection import AccessToken, introspect_token, read_access_token, revoke_token
from portal.openid.jose import CLIENT_ALGORITHMS
from portal.openid.key_addresses import KeysWanted, claim_key_fetch, find_keys_wanted, keep_client_keys, list_keys_due
from portal.openid.levels import ACR_VALUES, acr_of, level_of
from portal.openid.logouts import (
    ClaimedLogout,
    LogoutView,
    claim_logouts,
    end_client_sessions,
    forget_logouts,
    is_logout_due,
    list_logouts,
    logout_claims,
    release_logout,
    retry_logout,
    settle_logout,
)
from portal.openid.machines import client_credentials
from portal.openid.ports import BackChannel, Documents, NotTaken
from portal.openid.pushed import Pushed, keep_request, push_request
from portal.openid.refresh import refresh_tokens
from portal.openid.registration import (
    Registered,
    RegistrationRefused,
    RegistrationTokenView,
    create_registration_token,
    delete_registration,
    end_registration_token,
    list_registration_tokens,
    may_register,
    read_registration,
    register_client,
    update_registration,
)
from portal.openid.requests import AuthorizationRequest, RequestRefused, read_authorization_request
from portal.openid.rotation import KeyPair, SigningKeyView, list_keys_wanted, list_signing_keys, make_key_pair, rotate_keys, withdraw_key
from portal.openid.scopes import CLAIM_SCOPES, OPENID, SCOPES, Scope
from portal.openid.signing import SIGNING_ALGORITHMS, KeyRing, load_key_ring
from portal.openid.steps import Known, Step, next_step
from portal.openid.subjects import subject_of
from portal.openid.sweep import sweep_openid
from portal.openid.tokens import Granted, GrantedTokens, Provider, TokenRefused, mint_tokens
from portal.openid.userinfo import CLAIM_NAMES, read_claims, scopes_behind

__all__ = [
    "ACR_VALUES",
    "AUTH_METHODS",
    "CLAIM_NAMES",
    "CLAIM_SCOPES",
    "CLIENT_ALGORITHMS",
    "CODE",
    "DEVICE",
    "EXCHANGE",
    "GRANT_TYPES",
    "MACHINE",
    "OPENID",
    "REFRESH",
    "SCOPES",
    "SIGNING_ALGORITHMS",
    "AccessToken",
    "AuthorizationRequest",
    "BackChannel",
    "ClaimedLogout",
    "ClientRefused",
    "ClientSessionView",
    "ClientView",
    "ConsentView",
    "DeviceStarted",
    "DeviceView",
    "Documents",
    "Grant",
    "Granted",
    "GrantedTokens",
    "KeyPair",
    "KeyRing",
    "KeysWanted",
    "Known",
    "LogoutView",
    "NewClient",
    "NotTaken",
    "ProofRefused",
    "Provider",
    "Pushed",
    "Registered",
    "RegistrationRefused",
    "RegistrationTokenView",
    "RequestRefused",
    "Scope",
    "SignIn",
    "SigningKeyView",
    "Step",
    "TokenRefused",
    "acr_of",
    "allows_redirect",
    "authenticate_client",
    "change_client",
    "check_proof",
    "claim_key_fetch",
    "claim_logouts",
    "client_credentials",
    "create_client",
    "create_registration_token",
    "decide_device",
    "delete_registration",
    "end_client",
    "end_client_sessions",
    "end_registration_token",
    "exchange_token",
    "find_client",
    "find_client_session",
    "find_consent",
    "find_device_by_user_code",
    "find_keys_wanted",
    "forget_logouts",
    "get_client",
    "give_consent",
    "introspect_token",
    "is_logout_due",
    "issue_code",
    "keep_client_keys",
    "keep_request",
    "level_of",
    "list_clients",
    "list_consents",
    "list_keys_due",
    "list_keys_wanted",
    "list_logouts",
    "list_registration_tokens",
    "list_signing_keys",
    "list_told_clients",
    "load_key_ring",
    "logout_claims",
    "make_key_pair",
    "may_register",
    "mint_tokens",
    "new_client_secret",
    "next_step",
    "open_client_session",
    "poll_device",
    "push_request",
    "read_access_token",
    "read_authorization_request",
    "read_claims",
    "read_registration",
    "redeem_code",
    "refresh_tokens",
    "register_client",
    "release_logout",
    "retry_logout",
    "revoke_consent",
    "revoke_grant",
    "revoke_grants",
    "revoke_grants_of_session",
    "revoke_token",
    "rotate_keys",
    "scopes_behind",
    "settle_logout",
    "start_device",
    "subject_of",
    "sweep_openid",
    "update_registration",
    "withdraw_key",
]
