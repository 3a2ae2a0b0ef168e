// What of Tabler's CSS is kept: every class named in our templates and scripts,
// and the families below, which templates written later (or macros at run time) may use.
// Read by remake.sh; paths are relative to the repository root.
const size = '(0|1|2|3|4|5)';
const wide = '(sm|md|lg|xl)';
const tone = '(primary|secondary|success|warning|danger|info)';
const one = (pattern) => new RegExp(`^(${pattern})$`);

module.exports = {
  content: ['templates/**/*.html', 'static/js/*.js'],
  // A word in a template is a class only inside class="…" or a quoted string; plain words keep too much.
  defaultExtractor: (text) =>
    [...text.matchAll(/"([^"]*)"|'([^']*)'/g)].flatMap((m) => (m[1] || m[2] || '').split(/[\s{}()=,]+/)),
  safelist: {
    standard: [
      /^(html|body|a|abbr|address|b|blockquote|button|caption|code|dd|details|dl|dt|em|fieldset|figure|figcaption|h[1-6]|hr|img|svg|input|kbd|label|legend|li|mark|ol|optgroup|option|output|p|pre|progress|meter|s|section|select|small|strong|sub|summary|sup|table|tbody|td|textarea|tfoot|th|thead|time|tr|u|ul|use|main|nav|header|footer|form|dialog)$/,
      one('type|radio|checkbox|button|submit|reset|search|file|text|date|number|tel|email|range|disabled|readonly|required|checked|multiple|size|hidden|href|title|tabindex|role|open|lang|aria-[a-z]+|page|true|step|data-bs-theme|dark|light'),
      one('container(-fluid|-xl|-narrow|-tight)?|row|row-cards|row-deck|col(-auto)?'),
      one(`col-(${wide}-)?([1-9]|1[0-2]|auto)|col-${wide}|row-cols-(${wide}-)?[1-4]|g[xy]?-${size}`),
      one('card(-(body|header|title|subtitle|footer|actions|link|sm|table|borderless))?'),
      one('form-(label|control|control-sm|control-lg|control-plaintext|select|select-sm|check|check-input|check-label|check-inline|switch|hint|fieldset|text)'),
      one('input-(group|group-text|group-flat|icon|icon-addon)|is-invalid|invalid-feedback|required|was-validated'),
      one('table(-(sm|responsive|vcenter|striped|hover|nowrap|borderless|group-divider|active))?'),
      one(`badge|badge-(dot|sm)`),
      one('alert(-(success|warning|danger|info|title|icon|heading|description|link|important))?'),
      one('btn(-(primary|secondary|danger|outline-primary|outline-secondary|outline-danger|ghost-primary|ghost-secondary|link|icon|sm|lg|list|close|action))?|btn-list'),
      one('list-group(-(flush|item|item-action|numbered|hoverable))?|list-(unstyled|inline|inline-item)'),
      one('progress(-(bar|sm))?|spinner-border(-sm)?|placeholder'),
      one('nav(-(item|link|tabs|pills|fill))?|active|disabled|show'),
      one('breadcrumb(-(item|arrows))?|page-(header|title|pretitle|subtitle|body)|hr|vr|lead|small|h[1-6]|kbd|mark'),
      one('datagrid(-(item|title|content))?|empty(-(icon|title|subtitle|action))?|avatar(-(sm|lg))?'),
      one(`d-(none|block|inline|inline-block|flex|inline-flex|grid)|d-${wide}-(none|block|inline|inline-block|flex|grid)|d-print-(none|block)`),
      one(`[mp][tbsexy]?-${size}|m[tbsexy]?-auto|(row-|column-)?gap-${size}`),
      one(`flex-(row|column|wrap|nowrap|fill|grow-[01]|shrink-[01])|flex-${wide}-(row|column)`),
      one('justify-content-(start|end|center|between)|align-(items|self)-(start|end|center|baseline|stretch)|align-(top|middle|baseline)|order-(first|last)'),
      one('w-(25|50|75|100|auto)|h-100|mw-100|min-w-0'),
      one(`text-(start|center|end|md-end|lg-end|nowrap|truncate|wrap|break|uppercase|lowercase|capitalize|decoration-none|decoration-underline|reset|body|body-secondary|muted|${tone})`),
      one('fw-(normal|medium|semibold|bold)|fs-[1-6]|font-monospace|lh-(1|sm|base|lg)|fst-italic'),
      one('visually-hidden(-focusable)?|stretched-link|position-(relative|absolute|sticky)|sticky-top|overflow-(auto|hidden)'),
      one('border(-(0|top|bottom|start|end|top-0|bottom-0))?|rounded(-(0|1|2|3|circle|pill))?|bg-(body|surface|transparent)'),
      one('user-select-(all|none)|cursor-pointer|img-fluid|float-end|clearfix'),
    ],
  },
  // Names theme.css gives a meaning of its own, and parts of Tabler that need its JavaScript.
  blocklist: [/^(icon|mark|status|chart|figure|timeline|event)$/, /^theme-/, /^navbar/, /^dropdown/, /^modal/, /^offcanvas/, /^carousel/, /^accordion/, /^tooltip/, /^popover/, /^toast/, /rtl/],
  keyframes: true,
  fontFace: true,
  variables: true,
};
