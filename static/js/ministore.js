// In a mini-store's frame: meets the host page, holds the employee's token in memory, sends it with every request.
// No cookie, no storage: when the page goes, so does the token. docs/embedding.md says what host and frame tell each other.
(() => {
  'use strict';
  const $ = (selector, node = document) => node.querySelector(selector);
  const root = document.documentElement;
  const { host, tokens, unknown, failed } = document.body.dataset;
  if (!host || window.parent === window) return;
  const notice = $('#notice');
  const plain = (data) => data !== null && typeof data === 'object' && data.v === 1;

  // ---- the host page -----------------------------------------------------------------------
  const nonce = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const waiting = new Map();
  let port = null;
  let asked = 0;
  const say = (type, more) => port?.postMessage({ v: 1, type, ...more });

  window.addEventListener('message', (event) => {
    const { data } = event;
    if (port || event.source !== window.parent || event.origin !== host || !plain(data)) return;
    if (data.type !== 'hello' || data.nonce !== nonce || event.ports.length !== 1) return;
    port = event.ports[0];
    port.onmessage = hear;
    last = 0;
    measure();
    begin();
  });

  function hear({ data }) {
    if (!plain(data)) return;
    if (data.type === 'assertion' && waiting.has(data.id)) {
      const { resolve, reject } = waiting.get(data.id);
      waiting.delete(data.id);
      if (typeof data.assertion === 'string' && data.assertion.length <= 4096) resolve(data.assertion);
      else reject(problem('assertion_unavailable', unknown));
    } else if (data.type === 'theme') {
      if (data.theme === 'light' || data.theme === 'dark') root.dataset.bsTheme = data.theme;
      else delete root.dataset.bsTheme;
    }
  }

  function ask() {
    return new Promise((resolve, reject) => {
      const id = ++asked;
      waiting.set(id, { resolve, reject });
      setTimeout(() => waiting.delete(id) && reject(problem('assertion_unavailable', unknown)), 15000);
      say('assertion', { id });
    });
  }

  // ---- the token ---------------------------------------------------------------------------
  const problem = (code, sentence) => Object.assign(new Error(sentence), { code });
  const again = ['assertion_expired', 'assertion_replayed'];
  let token = '';
  let goodUntil = 0;
  let signing = null;

  async function swap(triesLeft) {
    const body = new URLSearchParams({ assertion: await ask(), origin: host });
    const headers = { Accept: 'application/json', 'Accept-Language': root.lang };
    const answer = await fetch(tokens, { method: 'POST', mode: 'same-origin', credentials: 'omit', cache: 'no-store', headers, body });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const code = String(said.type || 'unavailable').split(':').pop();
      if (triesLeft && again.includes(code)) return swap(triesLeft - 1);
      throw problem(code, said.detail || failed);
    }
    token = said.token;
    goodUntil = Date.now() + (said.expires_in - 10) * 1000;
    return token;
  }
  const signIn = () => (signing ||= swap(1).finally(() => { signing = null; }));

  async function begin() {
    try {
      await signIn();
      notice.hidden = true;
      say('ready');
      document.body.dispatchEvent(new Event('signed-in'));
    } catch (error) {
      tell(error, begin);
    }
  }

  // A request whose token has run out waits for a new one and goes again as it was: the form it came from stays.
  async function send(url, options) {
    const once = () => fetch(url, {
      ...options, credentials: 'omit', headers: { ...options.headers, Authorization: `Bearer ${token}`, 'Accept-Language': root.lang },
    });
    if (Date.now() > goodUntil) await signIn();
    let answer = await once();
    if (answer.status === 401) {
      await signIn();
      answer = await once();
    }
    return answer;
  }

  function tell(error, retry) {
    $('p', notice).textContent = error.code ? error.message : failed;
    notice.hidden = false;
    const button = $('button', notice);
    button.hidden = !retry;
    button.onclick = retry;
    say('error', { code: error.code || 'unavailable' });
  }

  // ---- htmx --------------------------------------------------------------------------------
  document.addEventListener('htmx:config:request', (event) => { event.detail.ctx.fetch = send; });
  document.addEventListener('htmx:before:request', (event) => event.detail.ctx.target?.setAttribute?.('aria-busy', 'true'));
  // What failed on our side, or for want of a token, must not take the place of a form somebody filled in.
  document.addEventListener('htmx:before:response', (event) => {
    const { status } = event.detail.ctx.response;
    if (status !== 401 && status !== 429 && status < 500) return;
    event.preventDefault();
    tell(problem(status === 401 ? 'token_needed' : 'unavailable', status === 401 ? unknown : failed));
  });
  document.addEventListener('htmx:error', (event) => tell(event.detail.error || event.detail.ctx?.error || {}));
  document.addEventListener('htmx:finally:request', (event) => {
    const { ctx } = event.detail;
    ctx.target?.removeAttribute?.('aria-busy');
    ctx.sourceElement?.closest?.('form')?.removeAttribute('data-busy');
  });
  document.addEventListener('htmx:after:swap', () => {
    notice.hidden = true;
    const summary = $('#store .error-summary');
    // The focus is led only where it already is: a store must not take it from the page around it.
    if (document.hasFocus()) (summary || $('#cart [data-focus]') || $('#store [data-focus]'))?.focus();
    const said = $('#store [data-announce]');
    if (said) $('#announce').textContent = said.textContent.replace(/\s+/g, ' ').trim();
    const ordered = $('#store[data-order]');
    if (ordered && ordered.dataset.order !== told) say('order', { reference: (told = ordered.dataset.order) });
  });
  let told = '';

  // A form is sent once: a second submit while the first is under way is dropped.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.dataset.busy) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    form.dataset.busy = 'yes';
  }, true);

  // ---- the height --------------------------------------------------------------------------
  let last = 0;
  let queued = 0;
  function measure() {
    queued ||= requestAnimationFrame(() => {
      queued = 0;
      const height = Math.ceil(root.getBoundingClientRect().height);
      if (port && height > 0 && height !== last) say('height', { height: (last = height) });
    });
  }
  new ResizeObserver(measure).observe(root);

  window.parent.postMessage({ v: 1, type: 'ready', nonce }, host);
})();
