// npm oidc-provider with its memory store and one client: `node provider.mjs PORT jwt|opaque`.
import { Provider } from "oidc-provider";
import { generateKeyPairSync } from "node:crypto";

const [port, format] = process.argv.slice(2);
const key = (kind, options, alg) => ({ ...generateKeyPairSync(kind, options).privateKey.export({ format: "jwk" }), alg, use: "sig" });
const resource = "https://api.example";
const provider = new Provider(`http://127.0.0.1:${port}`, {
	clients: [
		{
			client_id: "bench",
			client_secret: "bench-secret", // pragma: allowlist secret
			grant_types: ["client_credentials"],
			redirect_uris: [],
			response_types: [],
			token_endpoint_auth_method: "client_secret_post",
		},
	],
	jwks: { keys: [key("ec", { namedCurve: "P-256" }, "ES256"), key("rsa", { modulusLength: 2048 }, "RS256")] },
	features: {
		devInteractions: { enabled: false },
		clientCredentials: { enabled: true },
		introspection: { enabled: true },
		resourceIndicators: {
			enabled: format === "jwt",
			defaultResource: () => resource,
			getResourceServerInfo: () => ({ scope: "read", accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } } }),
		},
	},
	scopes: ["read"],
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
