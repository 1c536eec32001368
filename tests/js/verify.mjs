// Verifies certificates with @digitalbazaar/vc and @sd-jwt/sd-jwt-vc, as a stranger would.
//
// Standard input: {"documents": {url: document}, "cases": [...]}. A case has `credential` (with an
// embedded proof), `sd_jwt` with `jwk` and `status_token`, or `assertion` with a proof by anybody;
// `suites`, `now`, `status` and further `documents` may say more. Nothing is fetched: a URL that is not among the documents is an error.
// Standard output: one result to a case, {verified, statuses, error}.

import {createHash, createPublicKey, verify as verifySignature} from 'node:crypto';
import {text} from 'node:stream/consumers';

import {contexts as standard} from '@digitalbazaar/credentials-context';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {createVerifyCryptosuite as createJcs} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as rdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {verifyCredential} from '@digitalbazaar/vc';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';
import jsigs from 'jsonld-signatures';

const SUITES = {
  'eddsa-rdfc-2022': () => new DataIntegrityProof({cryptosuite: rdfc}),
  'eddsa-jcs-2022': () => new DataIntegrityProof({cryptosuite: createJcs()})
};

const {documents: common, cases} = JSON.parse(await text(process.stdin));
let documents = common;

async function documentLoader(url) {
  const [controller, fragment] = url.split('#');
  const document =
    standard.get(url) ?? documents[url] ?? documents[controller] ?? didKey(controller);
  if(document === undefined) {
    throw new Error(`nobody has ${url}`);
  }
  if(fragment === undefined || document.verificationMethod === undefined) {
    return {contextUrl: null, documentUrl: url, document};
  }
  const method = document.verificationMethod.find(one => one.id === url);
  if(method === undefined) {
    throw new Error(`${controller} has no key ${url}`);
  }
  const contexts = 'https://w3id.org/security/multikey/v1';
  return {contextUrl: null, documentUrl: url, document: {'@context': contexts, ...method}};
}

// A did:key says all by itself.
function didKey(did) {
  if(!did.startsWith('did:key:z6Mk')) {
    return undefined;
  }
  const id = `${did}#${did.slice('did:key:'.length)}`;
  const method = {
    id, type: 'Multikey', controller: did, publicKeyMultibase: did.slice('did:key:'.length)
  };
  return {
    '@context': 'https://www.w3.org/ns/did/v1', id: did,
    verificationMethod: [method], assertionMethod: [id]
  };
}

async function judgeCredential({credential, suites = ['eddsa-rdfc-2022'], now, status = true}) {
  const result = await verifyCredential({
    credential,
    suite: suites.map(name => SUITES[name]()),
    documentLoader,
    ...(now ? {now} : {}),
    ...(status ? {checkStatus} : {checkStatus: async () => ({verified: true})})
  });
  const statuses = (result.statusResult?.results ?? []).map(
    ({credentialStatus, status}) => [credentialStatus.statusPurpose, status]);
  return {
    verified: result.verified,
    statuses,
    proofs: (result.results ?? []).map(one => one.verified),
    error: reason(result.error ?? result.statusResult?.error)
  };
}

// A countersignature is not the issuer's, so it is checked for itself.
async function judgeAssertion({assertion}) {
  const result = await jsigs.verify(assertion, {
    suite: SUITES['eddsa-rdfc-2022'](),
    purpose: new jsigs.purposes.AssertionProofPurpose(),
    documentLoader
  });
  return {verified: result.verified, error: reason(result.error)};
}

async function judgeSdJwt({sd_jwt, jwk, status_token, now}) {
  const key = createPublicKey({key: jwk, format: 'jwk'});
  const holds = async (data, signature) => verifySignature(
    null, Buffer.from(data), key, Buffer.from(signature, 'base64url'));
  const instance = new SDJwtVcInstance({
    hasher: async (data, algorithm) =>
      createHash(algorithm.replace('-', '')).update(Buffer.from(data)).digest(),
    hashAlg: 'sha-256',
    verifier: holds,
    statusVerifier: holds,
    statusListFetcher: async () => status_token
  });
  try {
    const {payload} = await instance.verify(sd_jwt, {currentDate: now});
    return {verified: true, shown: Object.keys(payload).sort(), error: null};
  } catch(error) {
    return {verified: false, error: reason(error)};
  }
}

function reason(error) {
  if(!error) {
    return null;
  }
  const inner = (error.errors ?? []).map(one => one.message).join('; ');
  return inner || error.message;
}

const results = [];
for(const one of cases) {
  documents = {...common, ...one.documents};
  const judged = one.sd_jwt ? judgeSdJwt : one.assertion ? judgeAssertion : judgeCredential;
  results.push(await judged(one));
}
process.stdout.write(JSON.stringify(results));
