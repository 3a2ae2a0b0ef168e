// A relying party of openid-client, told what to do line by line: a JSON object in, a JSON object out.
import * as client from 'openid-client'
import { createInterface } from 'node:readline'

let config, dpop, sent, tokens

const auth = {
  basic: (it) => client.ClientSecretBasic(it.secret),
  post: (it) => client.ClientSecretPost(it.secret),
  none: () => client.None(),
  private_key_jwt: async (it) =>
    client.PrivateKeyJwt({ key: await crypto.subtle.importKey('jwk', it.jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']), kid: it.jwk.kid }),
}
const bound = () => (dpop ? { DPoP: dpop } : undefined)
const told = (answer) => ((tokens = { ...tokens, ...answer }), { ...answer, claims: answer.claims?.() })

const deeds = {
  async meet(it) {
    const options = { execute: [client.allowInsecureRequests] }
    config = await client.discovery(new URL(it.issuer), it.client_id, undefined, await auth[it.auth ?? 'none'](it), options)
    if (it.jarm) client.useJwtResponseMode(config)
    tokens = {}
    dpop = it.dpop ? client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) : undefined
    return { issuer: config.serverMetadata().issuer }
  },
  async register(it) {
    const options = { execute: [client.allowInsecureRequests], initialAccessToken: it.token }
    config = await client.dynamicClientRegistration(new URL(it.issuer), it.metadata, undefined, options)
    return config.clientMetadata()
  },
  async ask(it) {
    sent = { verifier: client.randomPKCECodeVerifier(), state: client.randomState(), nonce: client.randomNonce() }
    const challenge = await client.calculatePKCECodeChallenge(sent.verifier)
    const params = { code_challenge: challenge, code_challenge_method: 'S256', state: sent.state, nonce: sent.nonce, ...it.params }
    const url = it.par ? await client.buildAuthorizationUrlWithPAR(config, params, bound()) : client.buildAuthorizationUrl(config, params)
    return { url: url.href }
  },
  async take(it) {
    const checks = { pkceCodeVerifier: sent.verifier, expectedState: sent.state, expectedNonce: sent.nonce, idTokenExpected: true, maxAge: it.max_age }
    return told(await client.authorizationCodeGrant(config, new URL(it.url), checks, undefined, bound()))
  },
  refresh: async (it) => told(await client.refreshTokenGrant(config, it.token ?? tokens.refresh_token, undefined, bound())),
  person: async () => client.fetchUserInfo(config, tokens.access_token, client.skipSubjectCheck, bound()),
  look: async (it) => client.tokenIntrospection(config, it.token ?? tokens.access_token),
  drop: async (it) => (await client.tokenRevocation(config, it.token ?? tokens.refresh_token), {}),
  machine: async (it) => told(await client.clientCredentialsGrant(config, it.params, bound())),
  async device(it) {
    sent = await client.initiateDeviceAuthorization(config, it.params)
    return sent
  },
  wait: async () => told(await client.pollDeviceAuthorizationGrant(config, sent, undefined, bound())),
  exchange: async (it) => client.genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:token-exchange', it.params, bound()),
  leave: async (it) => ({ url: client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, ...it.params }).href }),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { deed, ...it } = JSON.parse(line)
  let answer
  try {
    answer = { done: await deeds[deed](it) }
  } catch (error) {
    answer = { failed: error.error ?? error.code ?? error.name, why: error.error_description ?? error.cause?.message ?? error.message }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
