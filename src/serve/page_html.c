// SPDX-License-Identifier: Apache-2.0
// One page with everything inside: markup, style, data, script. The policy names the hashes of its
// own style and script, so even a text that escaped every other guard could not run, and the page
// can reach no network.
#include "serve/page.h"

#include "base/hash.h"
#include "serve/asset.h"
#include "serve/serve.h"

#include <stdio.h>

static int put_script(struct buf *script, struct err *err)
{
    const char *parts[] = { asset_page_data_js(), asset_page_tree_js(), asset_page_map_js(),
                            asset_page_panels_js() };
    int rc = buf_add(script, STR_LIT("(() => {\n"), err); // names of its own, none of the window's
    for (size_t i = 0; !rc && i < COUNT_OF(parts); i++)
        rc = buf_add(script, str_of(parts[i]), err);
    return rc ? rc : buf_add(script, STR_LIT("})();\n"), err);
}

static void make_policy(struct str style, struct str script, char policy[PAGE_POLICY])
{
    char style_hash[SHA256_BASE64], script_hash[SHA256_BASE64];
    sha256_base64(style, style_hash);
    sha256_base64(script, script_hash);
    snprintf(policy, PAGE_POLICY,
             "default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; img-src data:; "
             "base-uri 'none'; form-action 'none'",
             style_hash, script_hash);
}

int page_html(struct str data, struct buf *out, char policy[PAGE_POLICY], struct err *err)
{
    struct buf script;
    struct str style = str_of(asset_page_css());
    buf_init(&script, (size_t)1 << 22, "script");
    int rc = put_script(&script, err);
    make_policy(style, buf_view(&script), policy);
    if (!rc)
        rc = buf_printf(out, err,
                        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"
                        "<meta name=\"referrer\" content=\"no-referrer\">\n"
                        "<link rel=\"icon\" href=\"data:,\">\n<title>Clio</title>\n<style>",
                        policy);
    if (!rc)
        rc = buf_add(out, style, err);
    if (!rc)
        rc = buf_add(out, STR_LIT("</style></head>\n<body>\n"), err);
    if (!rc)
        rc = buf_add(out, str_of(asset_page_html()), err);
    if (!rc)
        rc = buf_add(out, STR_LIT("<script id=\"atlas\" type=\"application/json\">"), err);
    if (!rc)
        rc = buf_add(out, data, err);
    if (!rc)
        rc = buf_add(out, STR_LIT("</script>\n<script>"), err);
    if (!rc)
        rc = buf_add(out, buf_view(&script), err);
    if (!rc)
        rc = buf_add(out, STR_LIT("</script>\n</body></html>\n"), err);
    buf_release(&script);
    return rc;
}

int report_write(struct atlas *atlas, struct buf *out, struct err *err)
{
    char policy[PAGE_POLICY];
    struct buf data;
    buf_init(&data, out->max, "page");
    int rc = page_data(atlas, &data, err);
    if (!rc)
        rc = page_html(buf_view(&data), out, policy, err);
    buf_release(&data);
    return rc;
}
