// SPDX-License-Identifier: Apache-2.0
// Whether signals are of the clusters that the vault has now. Each verb that writes safety.db notes
// the name of the clustering that it saw; a page compares it and says when it is another one, since
// numbers of clusters may name others by then.
#include "inspect/inspect_int.h"

#include "store/safety.h"
#include "store/vault_look.h"

bool inspect_are_of(struct page *p, struct safety *safety, const char *key, struct str clusters)
{
    struct str noted;
    p->rc = safety_get_info(safety, key, &p->a, &noted, p->err);
    return !p->rc && noted.ptr && str_equal(noted, clusters);
}

void inspect_age(struct page *p, struct safety *safety, const char *key, const char *verb)
{
    struct vault *vault = NULL;
    struct str clusters = STR_LIT("");
    struct err err = { 0 };
    if (p->rc)
        return;
    int rc = vault_open_to_look(&vault, p->inspect->dir, &err);
    if (!rc)
        rc = vault_name_clustering(vault, &p->a, &clusters, &err);
    vault_close(vault);
    if (rc) {
        page_put(p, "<p class=\"notice\">Whether the clusters are still those of this list cannot "
                    "be seen: ");
        page_text(p, str_of(err.text));
        page_put(p, "</p>\n");
    } else if (!inspect_are_of(p, safety, key, clusters) && !p->rc) {
        page_printf(p,
                    "<p class=\"notice\">The clusters were made anew, or have grown, since this "
                    "list was made: its numbers may name others now. Run <code>clio %s</code> "
                    "again.</p>\n",
                    verb);
    }
}
