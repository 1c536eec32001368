// Checks a certificate in the reader's browser: its signature (eddsa-jcs-2022, with the browser's own
// Ed25519), the issuer's key, and its status. Nothing is sent anywhere but to the issuer's own site.
"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const texts = read("texts");
  const button = document.getElementById("check");
  const list = document.getElementById("local");

  // RFC 8785: members by UTF-16 code units; numbers and strings as ECMAScript writes them.
  const canonical = (value) => {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (value && typeof value === "object")
      return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
    return JSON.stringify(value);
  };

  const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  const fromMultibase = (text) => {
    if (text[0] !== "z") throw new Error("multibase");
    let number = 0n;
    for (const sign of text.slice(1)) {
      const digit = ALPHABET.indexOf(sign);
      if (digit < 0) throw new Error("base58");
      number = number * 58n + BigInt(digit);
    }
    const bytes = [];
    for (; number > 0n; number >>= 8n) bytes.unshift(Number(number & 255n));
    for (const sign of text.slice(1)) { if (sign !== "1") break; bytes.unshift(0); }
    return new Uint8Array(bytes);
  };

  const sha256 = async (value) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical(value))));

  const many = (value) => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

  const get = async (url, type) => {
    const answer = await fetch(url, { headers: { accept: type }, redirect: "error", credentials: "omit" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  // did:web at this very site; the policy of this page lets no other be asked.
  const didUrl = (did) => {
    const [host, ...path] = did.slice("did:web:".length).split(":").map(decodeURIComponent);
    if (!did.startsWith("did:web:") || host !== location.host) return null;
    return path.length ? `/${path.join("/")}/did.json` : "/.well-known/did.json";
  };

  const issuerOf = (credential) =>
    typeof credential.issuer === "string" ? credential.issuer : credential.issuer.id;

  const keyOf = async (credential, proof) => {
    const issuer = issuerOf(credential);
    const url = didUrl(issuer);
    if (!url) return null;
    const known = await get(url, "application/did+json, application/json");
    const method = many(known.verificationMethod).find((one) => one.id === proof.verificationMethod);
    const asserts = many(known.assertionMethod).some((one) => (one.id || one) === proof.verificationMethod);
    if (known.id !== issuer || !method || !asserts) throw new Error("key");
    const bytes = fromMultibase(method.publicKeyMultibase);
    if (bytes[0] !== 0xed || bytes[1] !== 0x01 || bytes.length !== 34) throw new Error("key");
    return bytes.slice(2);
  };

  const signed = async (credential, proof, raw) => {
    const { proof: _all, ...bare } = credential;
    const { proofValue, ...options } = proof;
    const contexts = many(options["@context"]);
    if (!contexts.every((one, at) => canonical(one) === canonical(many(bare["@context"])[at]))) return false;
    if ("@context" in options) bare["@context"] = options["@context"];
    const data = new Uint8Array(64);
    data.set(await sha256(options), 0);
    data.set(await sha256(bare), 32);
    const key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
    return crypto.subtle.verify({ name: "Ed25519" }, key, fromMultibase(proofValue), data);
  };

  const bitsOf = async (encoded) => {
    const text = atob(encoded.slice(1).replace(/-/g, "+").replace(/_/g, "/"));
    const packed = Uint8Array.from(text, (sign) => sign.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  const statusOf = async (credential) => {
    let worst = "stands";
    for (const entry of many(credential.credentialStatus)) {
      if (!["revocation", "suspension"].includes(entry.statusPurpose)) continue;
      const url = new URL(entry.statusListCredential);
      if (url.host !== location.host) return "elsewhere";
      const found = await get(url.pathname + url.search, "application/vc+ld+json, application/json");
      const listed = found.credentialSubject;
      if (found.id !== url.href || !many(listed.statusPurpose).includes(entry.statusPurpose)) throw new Error("list");
      const bits = await bitsOf(listed.encodedList);
      const at = Number(entry.statusListIndex);
      if (!(at >= 0 && at < bits.length * 8)) throw new Error("position");
      if (bits[at >> 3] & (0x80 >> (at & 7))) worst = entry.statusPurpose === "revocation" ? "revoked" : worst === "revoked" ? worst : "suspended";
    }
    return worst;
  };

  const say = (state, text) => {
    const item = document.createElement("li");
    const mark = document.createElement("span");
    item.className = state;
    mark.className = "state";
    mark.textContent = texts.states[state];
    item.append(mark, ` ${text}`);
    list.append(item);
  };

  // What a person reads above was written by the server: it has to be among what was signed.
  const leaves = (value) =>
    typeof value === "string" ? [value] : value && typeof value === "object" ? Object.values(value).flatMap(leaves) : [];

  const checkPage = (credential) => {
    const said = new Set(leaves(credential));
    const shown = [...document.querySelectorAll("[data-signed]")].map((one) => one.textContent);
    const right = shown.length > 0 && shown.every((text) => said.has(text));
    say(right ? "passed" : "failed", right ? texts.page_agrees : texts.page_differs);
  };

  const checkSignature = async (credential) => {
    const proof = many(credential.proof).find((one) => one.cryptosuite === "eddsa-jcs-2022");
    if (!globalThis.crypto || !crypto.subtle) return say("undecided", texts.insecure);
    if (!proof) return say("undecided", texts.no_proof);
    let raw;
    try {
      raw = await keyOf(credential, proof);
    } catch (error) {
      return say(error.message === "key" ? "failed" : "undecided", error.message === "key" ? texts.key_unknown : texts.key_unreachable);
    }
    if (!raw) return say("undecided", texts.elsewhere);
    try {
      const holds = await signed(credential, proof, raw);
      say(holds ? "passed" : "failed", holds ? texts.signature_holds : texts.signature_fails);
      if (holds) checkPage(credential);
    } catch (error) {
      say("undecided", error.name === "NotSupportedError" ? texts.not_supported : texts.unreadable);
    }
  };

  const checkTimes = (credential) => {
    const now = Date.now();
    const from = Date.parse(credential.validFrom);
    const until = credential.validUntil ? Date.parse(credential.validUntil) : Infinity;
    if (now < from) say("failed", texts.not_yet);
    else if (now > until) say("failed", texts.expired);
    else say("passed", texts.in_time);
  };

  const checkStatus = async (credential) => {
    let found;
    try {
      found = await statusOf(credential);
    } catch {
      found = "unreachable";
    }
    const state = { stands: "passed", revoked: "failed", suspended: "failed" }[found] || "undecided";
    say(state, texts.status[found]);
  };

  const check = async () => {
    button.disabled = true;
    list.replaceChildren();
    delete list.dataset.done;
    const credential = read("credential");
    await checkSignature(credential);
    checkTimes(credential);
    await checkStatus(credential);
    list.dataset.done = "yes";
    button.disabled = false;
  };

  // Whoever scans a code wants the answer: the first check starts by itself.
  button.hidden = false;
  button.addEventListener("click", check);
  check();
})();
