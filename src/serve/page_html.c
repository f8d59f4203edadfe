// SPDX-License-Identifier: Apache-2.0
// The page around the explorer, in two forms. Served: script and style are files of their own, and
// the policy allows nothing inline. As a report: everything inside one file, with a policy that
// names the hashes of its own script and style. So even a text that escaped every other guard
// could not run, and neither form can reach another host.
#include "serve/page.h"

#include "base/hash.h"
#include "base/json.h"
#include "serve/asset.h"
#include "serve/serve.h"

const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n";
// Until the script is here the page is the outline of one; the script puts its own in its place.
static const char body[] =
    "<title>Clio</title></head>\n<body><div id=\"app\"><main class=\"loading\">"
    "<div class=\"skeleton\" role=\"status\" aria-label=\"Loading\">"
    "<span></span><span></span><span></span><span></span><span></span><span></span></div></main>"
    "</div>\n"
    "<noscript>The explorer needs JavaScript. Without it: clio tree and clio export.</noscript>\n";

int page_shell(struct buf *out, struct err *err)
{
    int rc = buf_add(out, str_of(head), err);
    if (!rc)
        rc = buf_add(out,
                     STR_LIT("<link rel=\"stylesheet\" href=\"/explorer.css\">\n"
                             "<link rel=\"preload\" href=\"/explore.json\" as=\"fetch\" "
                             "crossorigin=\"anonymous\">\n"
                             "<script src=\"/explorer.js\" defer></script>\n"),
                     err);
    if (!rc)
        rc = buf_add(out, str_of(body), err);
    return rc ? rc : buf_add(out, STR_LIT("</body></html>\n"), err);
}

static int put_policy(struct buf *out, struct err *err)
{
    char style_hash[SHA256_BASE64], script_hash[SHA256_BASE64];
    sha256_base64(str_of(asset_explorer_css()), style_hash);
    sha256_base64(str_of(asset_explorer_js()), script_hash);
    return buf_printf(out, err,
                      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                      "style-src 'sha256-%s'; script-src 'sha256-%s'; img-src data: blob:; "
                      "base-uri 'none'; form-action 'none'\">\n",
                      style_hash, script_hash);
}

static int put_between(struct buf *out, const char *before, const char *text, const char *after,
                       struct err *err)
{
    int rc = buf_add(out, str_of(before), err);
    if (!rc)
        rc = buf_add(out, str_of(text), err);
    return rc ? rc : buf_add(out, str_of(after), err);
}

// "index":…,"cells":…,"time":…,"details":[…],"other":…
static int put_tree(struct atlas *atlas, struct atlas *other, struct buf *out, struct err *err)
{
    int rc = buf_add(out, STR_LIT("\"index\":"), err);
    if (!rc)
        rc = page_index(atlas, out, err);
    if (!rc)
        rc = buf_add(out, STR_LIT(",\"cells\":"), err);
    if (!rc)
        rc = page_cells(atlas, out, err);
    if (!rc)
        rc = buf_add(out, STR_LIT(",\"time\":"), err);
    if (!rc)
        rc = page_time(atlas, out, err);
    if (!rc)
        rc = buf_add(out, STR_LIT(",\"details\":"), err);
    if (!rc)
        rc = page_details(atlas, out, NULL, err);
    if (!rc)
        rc = buf_add(out, STR_LIT(",\"other\":"), err);
    return rc ? rc : page_other(other, out, err);
}

// The first tree, and behind it "trees":{FACET:{…},…} with the further ones.
static int put_atlas(struct atlas *atlas, struct atlas *other, struct buf *out, struct err *err)
{
    struct arena a = { 0 };
    struct atlas_tree *trees;
    size_t n = 0;
    int rc = atlas_trees(atlas, &a, &trees, &n, err);
    if (!rc)
        rc = buf_add_char(out, '{', err);
    for (size_t i = 0; !rc && i < n; i++) {
        rc = page_choose(atlas, other, trees[i].facet, err);
        if (!rc && i)
            rc = buf_add(out, str_of(i > 1 ? "}," : ",\"trees\":{"), err);
        if (!rc && i)
            rc = json_put_str(out, trees[i].facet, err);
        if (!rc && i)
            rc = buf_add(out, STR_LIT(":{"), err);
        if (!rc)
            rc = put_tree(atlas, other, out, err);
    }
    if (!rc)
        rc = buf_add(out, str_of(n > 1 ? "}}}" : "}"), err);
    arena_release(&a);
    return rc;
}

int report_write(struct atlas *atlas, struct atlas *other, struct buf *out, struct err *err)
{
    int rc = buf_add(out, str_of(head), err);
    if (!rc)
        rc = put_policy(out, err);
    if (!rc)
        rc = put_between(out, "<style>", asset_explorer_css(), "</style>\n", err);
    if (!rc)
        rc = buf_add(out, str_of(body), err);
    if (!rc)
        rc = buf_add(out, STR_LIT("<script id=\"atlas\" type=\"application/json\">"), err);
    if (!rc)
        rc = put_atlas(atlas, other, out, err);
    if (!rc)
        rc = put_between(out, "</script>\n<script>", asset_explorer_js(), "</script>\n", err);
    return rc ? rc : buf_add(out, STR_LIT("</body></html>\n"), err);
}
