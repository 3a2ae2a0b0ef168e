// <mini-store portal store assertion lang theme>: an enterprise's store in a page of its own intranet.
// A frame of the portal's; all they say to each other goes over one channel. docs/embedding.md tells the rest.
// build.py takes comments and indentation away, nothing else: what is served can be read beside this.
'use strict';
customElements.get('mini-store') || customElements.define('mini-store', class extends HTMLElement {
  static observedAttributes = ['portal', 'store', 'lang', 'theme'];
  #root = this.attachShadow({ mode: 'open' });
  #live;
  #frame;
  #port;
  #timer;

  connectedCallback() {
    this.#live = true;
    this.#mount();
  }

  disconnectedCallback() {
    this.#live = false;
    this.#unmount();
  }

  attributeChangedCallback(name, before, now) {
    if (!this.#live || before === now) return;
    if (name === 'theme' && this.#port) return this.#say({ type: 'theme', theme: now });
    this.#unmount();
    this.#mount();
  }

  #mount() {
    const get = (name) => this.getAttribute(name)?.trim() || '';
    // What stands inside the element, a plain link, is seen until there is a frame, and again when there is none.
    this.#root.replaceChildren(document.createElement('slot'));
    let url;
    try {
      url = new URL(`/ministore/${encodeURIComponent(get('store'))}/`, get('portal'));
    } catch {}
    if (!get('store') || !/^https?:$/.test(url?.protocol)) return this.#tell('error', { code: 'attributes' });
    for (const name of ['lang', 'theme']) get(name) && url.searchParams.set(name, get(name));
    const frame = this.#frame = document.createElement('iframe');
    const held = `mini-store:${url.origin}:${get('store')}`;
    let height = 320;
    try {
      height = +sessionStorage.getItem(held) || height;
    } catch {}
    this.style.display ||= 'block';
    frame.style.cssText = `display:block;width:100%;border:0;height:${height}px`;
    frame.title = this.title || (get('lang').startsWith('zh') ? '企业商店' : 'Company store');
    frame.loading = 'lazy';
    frame.referrerPolicy = 'strict-origin';
    frame.sandbox = 'allow-scripts allow-forms allow-same-origin allow-popups allow-popups-to-escape-sandbox';

    // The frame speaks first, to the one origin the portal knows this page by; from then on over the channel alone.
    const meet = ({ source, origin, data }) => {
      if (source !== frame.contentWindow || origin !== url.origin || data?.v !== 1 || data.type !== 'ready' || typeof data.nonce !== 'string') return;
      clearTimeout(this.#timer);
      this.#port?.close();
      const { port1, port2 } = new MessageChannel();
      this.#port = port1;
      port1.onmessage = hear;
      source.postMessage({ v: 1, type: 'hello', nonce: data.nonce }, origin, [port2]);
    };
    const hear = ({ data }) => {
      const { v, type, id, height, reference, code } = data || {};
      if (v !== 1) return;
      const told = (text) => typeof text === 'string' && /^[\w-]{1,40}$/.test(text);
      if (type === 'assertion' && Number.isInteger(id)) this.#assert(id);
      if (type === 'height' && Number.isInteger(height) && height > 0 && height < 2e4) {
        frame.style.height = `${height}px`;
        try {
          sessionStorage.setItem(held, height);
        } catch {}
        this.#tell('height', { height });
      }
      if (type === 'ready') this.#tell('ready', {});
      if (type === 'order' && told(reference)) this.#tell('order', { reference });
      if (type === 'error' && told(code)) this.#tell('error', { code });
    };
    addEventListener('message', meet);
    frame.stop = () => removeEventListener('message', meet);
    // A page that refuses to be framed loads, too, but does not speak: then the plain link is needed after all.
    frame.onload = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        if (this.#port) return;
        this.#root.append(document.createElement('slot'));
        this.#tell('error', { code: 'unreachable' });
      }, 5e3);
    };
    frame.src = url;
    this.#root.replaceChildren(frame);
  }

  #unmount() {
    clearTimeout(this.#timer);
    this.#port?.close();
    this.#frame?.stop();
    this.#frame?.remove();
    this.#frame = this.#port = null;
  }

  // Asks the page's own server, and nobody else, who sits here.
  async #assert(id) {
    let assertion;
    try {
      const answer = await fetch(this.getAttribute('assertion'), { method: 'POST', mode: 'same-origin', cache: 'no-store' });
      assertion = answer.ok && (await answer.json()).assertion;
    } catch {}
    if (!assertion) this.#tell('error', { code: 'assertion_unavailable' });
    this.#say({ type: 'assertion', id, assertion: assertion || null });
  }

  #say(message) {
    this.#port?.postMessage({ v: 1, ...message });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(`mini-store:${name}`, { bubbles: true, detail }));
  }
});
