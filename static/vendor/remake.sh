#!/bin/sh
# Makes static/vendor/ and static/img/icons.svg again from the packages on npm. A release step:
# nobody who edits a template needs Node. Needs sh, tar, gzip, sha256sum, awk, npm, npx.
#
#   sh static/vendor/remake.sh            take exactly the versions below, check their sums
#   SUMS=print sh static/vendor/remake.sh print the sums of what npm gave (when raising a version)
set -eu
HTMX=4.0.1 TABLER=1.6.1 ICONS=3.51.0 PURGECSS=8.0.0
SUM_HTMX=5fba65616ca148a86d377e9771bcada7f35faee3558651feb929eea425e13b3c
SUM_TABLER=d02d679e51f6c179b21f035e154c13cdcb2ae8b18579e56ea606408ba7fc7a87
SUM_ICONS=b30108713d3fa60aee862c2a133225da8e0f309be0708fe2925763ff810c766c
SUM_PURGECSS=614d660e29c534a2d3af9aad9e3433eb5c73e3d5ce168edaa87bf430d058b558

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT INT TERM

take() { # name-for-the-folder  package  version  sum
    tgz=$(cd "$work" && npm pack --silent "$2@$3" | tail -n 1)
    sum=$(sha256sum "$work/$tgz" | cut -d' ' -f1)
    if [ "${SUMS:-check}" = print ]; then echo "$2@$3 $sum"
    elif [ "$sum" != "$4" ]; then echo "$2@$3: sha256 is $sum, expected $4" >&2; exit 1; fi
    mkdir "$work/$1" && tar -xzf "$work/$tgz" -C "$work/$1" --strip-components=1
}
take htmx htmx.org "$HTMX" "$SUM_HTMX"
take tabler @tabler/core "$TABLER" "$SUM_TABLER"
take icons @tabler/icons "$ICONS" "$SUM_ICONS"
take purgecss purgecss "$PURGECSS" "$SUM_PURGECSS"

# htmx, as published, without the line that points at a source map we do not ship
grep -v '^//# sourceMappingURL' "$work/htmx/dist/htmx.min.js" > "$here/htmx.min.js"
cp "$work/htmx/LICENSE" "$here/htmx.LICENSE"

# Tabler's CSS, less what no template uses
cd "$root"
npx --yes "purgecss@$PURGECSS" --config "$here/purge.config.cjs" \
    --css "$work/tabler/dist/css/tabler.min.css" --output "$work/tabler.css" > /dev/null
[ -d "$work/tabler.css" ] && mv "$work/tabler.css/tabler.min.css" "$work/out.css" || mv "$work/tabler.css" "$work/out.css"
{ printf '/*! Tabler v%s, https://tabler.io, MIT, see tabler.LICENSE; cut down by remake.sh */\n' "$TABLER"
  sed -e 's/@charset "[^"]*";//' -e 's,/\*# sourceMappingURL[^*]*\*/,,' "$work/out.css"; } > "$here/tabler.min.css"

# the sprite: one <symbol> for each name in icons.txt
cp "$work/icons/LICENSE" "$here/tabler-icons.LICENSE"
{ printf '<svg xmlns="http://www.w3.org/2000/svg">'
  while read -r name; do
      [ -n "$name" ] || continue
      printf '<symbol id="i-%s" viewBox="0 0 24 24">' "$name"
      tr '\n' ' ' < "$work/icons/icons/outline/$name.svg" \
          | sed -e 's/<svg[^>]*>//' -e 's,</svg>,,' -e 's,<path stroke="none" d="M0 0h24v24H0z" fill="none" */>,,' \
                -e 's/<!--[^>]*-->//' -e 's/>  *</></g' -e 's/^ *//' -e 's/ *$//' -e 's, />,/>,g'
      printf '</symbol>\n'
  done < "$here/icons.txt"
  printf '</svg>\n'; } > "$root/static/img/icons.svg"

for file in "$here/htmx.min.js" "$here/tabler.min.css" "$root/static/img/icons.svg"; do
    printf '%-60s %7s bytes %6s gz\n' "${file#"$root"/}" "$(wc -c < "$file")" "$(gzip -9c "$file" | wc -c)"
done
