// Another wallet's library (@openid4vc) takes certificates by OpenID4VCI 1.0 and reads a request of OpenID4VP 1.0.
// stdin: {"offers": [{"uri", "tx_code", "configuration"}], "request"}; stdout: what came of each, as JSON.
import { createHash, randomBytes, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { clientAuthenticationAnonymous, setGlobalConfig } from "@openid4vc/oauth2";
import { Openid4vciClient } from "@openid4vc/openid4vci";
import { Openid4vpClient } from "@openid4vc/openid4vp";

setGlobalConfig({ allowInsecureUrls: true }); // the bank under test has no certificate for TLS

const b64 = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
const { kty, crv, x, y } = await webcrypto.subtle.exportKey("jwk", keys.publicKey);
const publicJwk = { kty, crv, x, y };

const signJwt = async (_signer, { header, payload }) => {
  const text = `${b64(header)}.${b64(payload)}`;
  const signature = await webcrypto.subtle.sign(algorithm, keys.privateKey, Buffer.from(text));
  return { jwt: `${text}.${Buffer.from(signature).toString("base64url")}`, signerJwk: publicJwk };
};

const verifyJwt = async (signer, { compact }) => {
  const [did, fragment] = signer.didUrl.split("#");
  const host = decodeURIComponent(did.slice("did:web:".length));
  const document = await (await fetch(`http://${host}/.well-known/did.json`)).json();
  const method = document.verificationMethod.find((one) => one.id === `${did}#${fragment}`);
  const issuer = await (await fetch(`http://${host}/.well-known/jwt-vc-issuer`)).json();
  const { kty: type, crv: curve, x: point } = issuer.jwks.keys.find((one) => one.kid === method.id);
  const key = await webcrypto.subtle.importKey("jwk", { kty: type, crv: curve, x: point }, "Ed25519", true, ["verify"]);
  const [header, payload, signature] = compact.split(".");
  const verified = await webcrypto.subtle.verify(
    "Ed25519", key, Buffer.from(signature, "base64url"), Buffer.from(`${header}.${payload}`),
  );
  return { verified, signerJwk: { kty: type, crv: curve, x: point } };
};

const callbacks = {
  hash: (data, alg) => createHash(alg.replace("-", "")).update(data).digest(),
  generateRandom: (length) => randomBytes(length),
  clientAuthentication: clientAuthenticationAnonymous(),
  signJwt,
  verifyJwt,
  decryptJwe: async () => ({ decrypted: false }),
  encryptJwe: async () => { throw new Error("not asked for"); },
};

const take = async ({ uri, tx_code: txCode, configuration }) => {
  const client = new Openid4vciClient({ callbacks });
  const credentialOffer = await client.resolveCredentialOffer(uri);
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
  const { accessTokenResponse } = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer, issuerMetadata, txCode,
  });
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata });
  const { jwt } = await client.createCredentialRequestJwtProof({
    issuerMetadata, nonce, credentialConfigurationId: configuration,
    signer: { method: "jwk", publicJwk, alg: "ES256" },
  });
  const { credentialResponse } = await client.retrieveCredentials({
    issuerMetadata, credentialConfigurationId: configuration,
    accessToken: accessTokenResponse.access_token, proofs: { jwt: [jwt] },
  });
  return {
    draft: issuerMetadata.originalDraftVersion,
    credential: credentialResponse.credentials[0].credential,
  };
};

const read = async (uri) => {
  const client = new Openid4vpClient({ callbacks });
  const authorizationRequestPayload = Object.fromEntries(new URL(uri).searchParams);
  const resolved = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload });
  return { client: resolved.client.prefix, query: resolved.dcql.query.credentials.map((one) => one.format) };
};

const attempt = async (work) => {
  try {
    return await work();
  } catch (error) {
    return { error: error.constructor.name, message: error.message, because: String(error.cause ?? "") };
  }
};

const { offers, request } = JSON.parse(readFileSync(0, "utf8"));
const taken = [];
for (const one of offers) taken.push(await attempt(() => take(one)));
process.stdout.write(JSON.stringify({ taken, asked: request ? await attempt(() => read(request)) : null }));
