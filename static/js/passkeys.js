// Passkeys: asks the browser for one and sends its answer in the form that stands there. Loaded where such a form stands.
(() => {
  'use strict';
  const forms = [...document.querySelectorAll('form[data-passkey]')];
  if (!window.PublicKeyCredential || !navigator.credentials) {
    forms.forEach((form) => { form.hidden = true; });
    return;
  }
  const read = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (sign) => sign.charCodeAt(0));
  const write = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const named = (list) => (list || []).map((each) => ({ ...each, id: read(each.id) }));

  // What the house asks for, in the browser's own terms: bytes where JSON has text.
  async function options(form) {
    const answer = await fetch(form.dataset.options, {
      method: 'POST',
      headers: { Accept: 'application/json', 'X-CSRFToken': form.elements.csrf_token.value },
    });
    if (!answer.ok || answer.redirected) throw new Error('not offered');
    const given = await answer.json();
    given.challenge = read(given.challenge);
    if (given.user) given.user.id = read(given.user.id);
    if (given.excludeCredentials) given.excludeCredentials = named(given.excludeCredentials);
    if (given.allowCredentials) given.allowCredentials = named(given.allowCredentials);
    return given;
  }

  function spell(credential) {
    const { response } = credential;
    const said = { clientDataJSON: write(response.clientDataJSON) };
    if (response.attestationObject) {
      said.attestationObject = write(response.attestationObject);
      said.transports = response.getTransports ? response.getTransports() : [];
    } else {
      said.authenticatorData = write(response.authenticatorData);
      said.signature = write(response.signature);
      said.userHandle = response.userHandle ? write(response.userHandle) : null;
    }
    return JSON.stringify({ id: credential.id, rawId: write(credential.rawId), type: credential.type, response: said });
  }

  function send(form, answer) {
    form.elements.answer.value = answer;
    form.submit();
  }

  // The person closed the browser's question, or it found nothing: the page says so and stays.
  function stay(form) {
    delete form.dataset.busy;
    form.querySelectorAll('button').forEach((button) => button.removeAttribute('aria-disabled'));
    const note = document.getElementById(form.dataset.note);
    if (!note) return;
    note.hidden = false;
    document.getElementById('announce').textContent = note.textContent.trim();
  }

  let waiting = null;
  async function ask(form) {
    waiting?.abort();
    let publicKey;
    try {
      publicKey = await options(form);
    } catch {
      send(form, '');
      return;
    }
    try {
      send(form, spell(await navigator.credentials[form.dataset.passkey]({ publicKey })));
    } catch {
      stay(form);
    }
  }

  // Where the browser can, it offers passkeys in the field the person types into.
  async function offer(form) {
    if (!await window.PublicKeyCredential.isConditionalMediationAvailable?.()) return;
    const publicKey = await options(form);
    waiting = new AbortController();
    send(form, spell(await navigator.credentials.get({ publicKey, mediation: 'conditional', signal: waiting.signal })));
  }

  forms.forEach((form) => {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      ask(form);
    });
    if ('conditional' in form.dataset) offer(form).catch(() => {});
  });
})();
