// SPDX-License-Identifier: Apache-2.0
// The table of verbs. A new verb is a row here and a function.
#include "cli/command.h"

#include <string.h>

#define EVERY "*"
#define TALKS "quiet verbose"
#define SAYS TALKS " json"
#define OPENS SAYS " vault-key vault-passphrase-from" // a run directory
#define MEANS " embedder embeddings embeddings-url precision threads memory offline" // vectors

#define STAGE(name, summary)                                                                       \
    {                                                                                              \
        name, "DIR", NULL, summary,                                                                \
            "Runs this one stage of the line in a run directory. The stages before it must be "    \
            "done; settings are those of the run unless given anew.",                              \
            "clio " name " demo", EVERY, cmd_stage                                                 \
    }

static const struct command table[] = {
    { "run", "FILE…", "[--yes] [--replay]", "run the whole line: conversations in, atlas out",
      "Reads conversations from the files (\"-\" is standard input), runs every stage that is not "
      "done yet in the run directory given by --out, and writes DIR/atlas.db. Can be interrupted "
      "at any moment: the same command goes on. Without files it goes on with what the directory "
      "was made from. A directory stands for the files in it. Other files than those that the run "
      "was made from are refused unless --replace asks for them; what cannot be read leaves the "
      "run as it was. With --profile remote on a terminal it first says what asking will take, as "
      "`clio estimate` does, and waits for a yes before anything is sent; --yes goes on at once. "
      "--replay asks nobody: it "
      "repeats the run from the answers and vectors that DIR keeps.",
      "clio run conversations.jsonl --out demo\n"
      "clio run sharegpt.json --account-from id-prefix --sample 1000 --out demo\n"
      "zcat logs.jsonl.gz | clio run - --profile none --out logs",
      EVERY, cmd_run },
    { "append", "DIR FILE…", NULL, "read new conversations into a finished run",
      "Reads the files behind what the run has, with the settings of the run; --map, "
      "--account-from, "
      "--where and --strict are for these files. Facets and vectors are asked for the new ones "
      "alone. Each is filed under the cluster that it fits; what fits nowhere waits as emerging "
      "and "
      "becomes a cluster when enough people write alike. Clusters keep id, title, parent and "
      "place; "
      "floors, bounds and noise are applied to all of it anew. Fewer conversations than the floors "
      "wait for the next append. When the run has grown by half since the base clusters were "
      "found, they are found again from where they are; --recluster warm does so at once, anew "
      "from nothing, no never; what is the same keeps its id. Can be interrupted: "
      "`clio append DIR` goes on. A file that cannot be read leaves the run as it was. Where the "
      "run keeps watches they are asked then, as by `clio watch run`.",
      "clio append demo monday.jsonl\nclio append demo tuesday.jsonl wednesday.jsonl\n"
      "clio append demo --recluster warm",
      EVERY, cmd_append },
    { "estimate", "FILE…", NULL, "say what asking a server will take, before it is asked",
      "Reads the conversations into the run directory as `clio run` does, counts the prompts, and "
      "prints tokens and dollars with an interval: for the facets, and for the questions about "
      "clusters, which are guessed. Nothing is sent, and the time is a guess, unless --measure N "
      "asks about N conversations; their answers are kept and not paid for again. `clio run` with "
      "the same --out goes on from there.",
      "clio estimate logs.jsonl --profile remote --model gpt-4o-mini --out logs\n"
      "clio estimate --out logs --measure 50 --json",
      EVERY, cmd_estimate },
    { "ingest", "FILE…", NULL, "read conversations into the vault",
      "The first stage of the line: recognises the format of each file by its content, reports bad "
      "records by file and byte offset, keeps the good ones.",
      "clio ingest conversations.jsonl --out demo", EVERY, cmd_stage },
    STAGE("screen", "keep the conversations of which the model says yes to --screen"),
    STAGE("bound", "count near-copies once and bound what one account adds"),
    STAGE("facet", "answer the facets of every conversation"),
    STAGE("embed", "turn facet values into vectors"),
    STAGE("cluster", "find base clusters"),
    STAGE("threshold", "apply the floors on accounts and conversations"),
    STAGE("describe", "give each cluster a title and a summary"),
    STAGE("hierarchy", "build the tree above the base clusters"),
    { "audit", "DIR", NULL, "judge every text; on a finished run, the gate before a release",
      "While a run is under way this is the stage that judges every text that would be published. "
      "On "
      "a finished run it changes nothing: it puts the atlas before every gate again, and shows how "
      "many texts a program finds private in the conversations, in the facet values and in what is "
      "published, with exact 95 % bounds. Exit code 3 when a gate does not hold, so that CI can "
      "stop "
      "a release. --json for programs.",
      "clio audit demo\nclio audit demo --json || echo 'do not publish'", EVERY, cmd_audit },
    STAGE("map", "place the clusters on the map"),
    STAGE("publish", "write atlas.db, the one file that may be shown"),
    { "status", "DIR", NULL, "show which stages are done",
      "Shows each stage of the line with its "
      "state, what went in and out, and how long it took; while a run works it says how far "
      "that is and ends with 75. --json for programs.",
      "clio status demo\nclio status demo --json", OPENS, cmd_status },
    { "tree", "DIR", "[--of FACET]", "print the tree of clusters",
      "Prints titles with counts and shares, from the atlas alone. DIR may also be an atlas file. "
      "Of an atlas with several clustered facets --of takes the tree of one; else it is the first.",
      "clio tree demo\nclio tree demo --of task\nclio tree demo/atlas.db --json", SAYS, cmd_tree },
    { "export", "DIR", "[--format json|csv|jsonl] [--of FACET]",
      "write the clusters as JSON, CSV or JSON lines",
      "Writes the atlas to standard output, of the first tree or of that of --of. The JSON form is "
      "a documented contract (docs/atlas-format.md).",
      "clio export demo --format json > clusters.json\nclio export demo --format csv", SAYS,
      cmd_export },
    { "report", "DIR", "-o FILE.html [--compare DIR]", "write one self-contained page",
      "The explorer with its atlas in one HTML file that opens from disk without a network; "
      "\"-o -\" writes it to standard output. With "
      "--compare a second atlas, a file or a run directory, is inside to compare with.",
      "clio report demo -o report.html\nclio report may -o may.html --compare april", TALKS,
      cmd_report },
    { "serve", "DIR", "[--port N] [--uds PATH] [--compare DIR] [--behind URL] [--safety]",
      "open the explorer in the browser",
      "Serves the atlas on 127.0.0.1, port 7325, until interrupted. --port 0 takes any free one. "
      "--uds listens on a Unix socket in place of a port, for a proxy in front; --behind names the "
      "https origin that such a proxy shows, and forms of its pages alone are taken. --compare "
      "sets a second atlas beside the first. Reads nothing but atlases; with the embedder at hand, "
      "search finds by "
      "meaning too. With --safety everybody signs in (`clio access`), and those whose role allows "
      "it "
      "find the pages of trust and safety at /safety, where accounts and text open under a permit "
      "and into a log.",
      "clio serve demo\nclio serve demo --port 0\nclio serve may --compare april\n"
      "clio serve demo --uds /run/clio.sock\nclio serve demo --safety\n"
      "clio serve demo --safety --uds /run/clio.sock --behind https://clio.example.org",
      TALKS " vault-key vault-passphrase-from" MEANS, cmd_serve },
    { "evaluate", "agreement|reconstruct|audit|facets|coherence|stability|spend|plant DIR…",
      "[--truth FILE.tsv] [--of FACET]", "compare clusters with known labels",
      "agreement prints NMI, ARI and purity for each level of the tree against a TSV with a header "
      "and the columns conversation id and label, or two labels (a fine one and a coarse one). "
      "reconstruct lets the run's model put each base cluster under one of the categories in the "
      "last column of labels and scores the conversations, also by language when the last column "
      "is called so, then compares the tree with the labels as agreement does. coherence shows how "
      "close the conversations of each base cluster are. stability compares runs of the same "
      "conversations, by other seeds say: NMI and ARI of each pair. spend "
      "says what asking a model has taken, step by step, beside the table of the paper. Of a run "
      "with several clustered facets agreement, reconstruct, coherence and stability are about the "
      "tree of --of, else the first. plant "
      "writes two corpora in 15 languages with known categories into DIR, for reconstruct: "
      "--limit conversations each, or as many as in the paper; by a grammar, or with --profile "
      "remote or gguf by the --model.",
      "clio evaluate agreement clinc --truth clinc.tsv\n"
      "clio evaluate plant planted --limit 3000\n"
      "clio evaluate reconstruct run --truth planted/ordinary.tsv\nclio evaluate coherence run\n"
      "clio evaluate audit run --truth audit-items.tsv\nclio evaluate facets run --truth "
      "facets.tsv\n"
      "clio evaluate stability seed-1 seed-2 seed-3",
      EVERY, cmd_evaluate },
    { "diff", "BEFORE AFTER", "[--of FACET]", "compare two atlases",
      "Shows the clusters a level of both, and which were born, gone, renamed or moved under "
      "another parent. Clusters are matched by their titles, else by the phrases they share. "
      "Either may be a run directory or an atlas file. Of atlases with several clustered facets "
      "every "
      "tree that both have is compared, or the one of --of alone.",
      "clio diff monday tuesday\nclio diff old/atlas.db new/atlas.db --json", SAYS, cmd_diff },
    { "scan", "FILE", NULL, "find contacts, numbers, keys and names in a file",
      "Writes a line for each: byte offset, line, length, what it is, and whose check digits hold. "
      "The text itself is not shown. This is the net that facets and titles go through; "
      "docs/gates.md says where its holes are. Exit code 1 when nothing was found, another when "
      "the file cannot be read. \"-\" is standard input.",
      "clio scan notes.txt\nclio scan export.csv --json\nzcat logs.gz | clio scan -", SAYS,
      cmd_scan },
    { "access", "user|policy|log …", "[--role ROLE] [--anchor N:HASH] [--key HEX]",
      "say who may look closer, and read the log of who did",
      "user add, role, password, totp, disable, enable DIR NAME and user list DIR keep the users "
      "of a run; roles are viewer, analyst, safety and admin. A password is asked for at the "
      "terminal or read from standard input. totp writes the secret for an authenticator, once. "
      "policy list DIR and policy set DIR NAME NUMBER keep the rules: codes, a second person, how "
      "long a permit lasts. log show DIR and log verify DIR read the log of every sign-in, permit "
      "and look; "
      "verify finds any entry that was edited, dropped, added, moved or cut off (status 3).",
      "clio access user add demo ada --role safety\nclio access user totp demo ada\n"
      "clio access policy set demo second-person 1\nclio access log verify demo",
      SAYS, cmd_access },
    { "purge", "DIR", "--account ID | --conversation ID | --before DAY",
      "take conversations out of a run for good",
      "Deletes the conversations with their facet values, vectors and answers of a server, and "
      "writes the vault anew, so that no byte of them is left in its files. IDs are your own. What "
      "was made of them, from who counts within the bound of an account to titles, is made anew by "
      "the next `clio run --out DIR`; an atlas that was published stays until then. Your input "
      "files are yours to clean. Exit code 1 when no conversation has the account or id. --before "
      "says how many have no time that can be read, and stay.",
      "clio purge demo --account 4711\nclio purge demo --before 2026-01-01", OPENS, cmd_purge },
    { "safety", "run|coordinated|classifier|drop DIR", "[--of FACET]",
      "find misuse that no conversation shows: signals for human review",
      "run shows clusters without floors, by concern, and languages that a cluster has more of. "
      "coordinated finds groups of accounts that send similarly built prompts, with a score out of "
      "parts that can be checked and the chance of such a score. classifier puts a label that came "
      "with the input (--column) beside concern: what it misses, what it flags too often; drop "
      "forgets a --column. Results go to DIR/safety.db, which is as private as the vault; "
      "docs/safety.md says how to read them. No account is acted on. With several clustered facets "
      "run and classifier show the "
      "clusters of the tree of --of and keep those of the first alone.",
      "clio safety run demo\nclio safety coordinated demo --least-score 40 --json\n"
      "clio safety classifier wildchat --column toxic",
      EVERY, cmd_safety },
    { "watch", "list|run|add|drop DIR [NAME [QUESTION]]", "[--of FACET]",
      "keep questions about the stream and say when something changes",
      "add keeps a question (JSON: words, a cluster, like a text, a grade of concern, new to its "
      "cluster, or a screen: a question to the model; docs/safety.md) under a name, drop forgets "
      "it, list shows all. --of names the tree of a question about clusters. run counts by day, "
      "compares each day with those before it and writes alerts that are new, each with its cause, "
      "interval and what was usual; also to --alert-file, by mail to --mail-to and to --webhook. "
      "`clio append` does so after each batch. Signals for human review.",
      "clio watch add demo spam '{\"words\": \"cheap pills|free money\"}'\nclio watch run demo\n"
      "clio watch run demo --alert-file alerts.jsonl --webhook https://hooks.example/x "
      "--webhook-hosts hooks.example",
      EVERY, cmd_watch },
    { "check", "", NULL, "show CPU, kernels, models and versions",
      "Says what this machine has and what is missing; exit code 78 when something is. "
      "--json for programs.",
      "clio check\nclio check --json", SAYS MEANS " profile model", cmd_check },
    { "bench", "", NULL, "show how near the kernels come to this CPU's peak",
      "Measures matrix products in float32, bf16, int16 and int8 on one core, then what vectors of "
      "texts, "
      "k-means and neighbours reach beside them. Leaving products out can lift k-means over the "
      "peak. Takes about ten seconds.",
      "clio bench", TALKS MEANS, cmd_bench },
    { "help", "[VERB [all]]", NULL, "explain a verb, or print the man page",
      "`clio help run all` explains it with every flag, as `clio run --help all` does. `clio help "
      "man` prints clio(1) in roff; `clio help bash`, `zsh` or `fish` a completion "
      "script for that shell.",
      "clio help run\nclio help run all\nclio help man | man -l -\nsource <(clio help bash)", NULL,
      cmd_help },
    { NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL },
};

const struct command *command_table(void)
{
    return table;
}

const struct command *command_find(const char *name)
{
    for (const struct command *c = table; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

bool command_takes(const struct command *command, const char *name)
{
    return command->settings &&
           (strcmp(command->settings, EVERY) == 0 || flag_in(command->settings, name));
}

// Flags that only some verbs have.
static const struct own_flag own_flags[] = {
    { "port", "N", "port to listen on, on 127.0.0.1; 0 takes any free one [7325]" },
    { "uds", "PATH", "Unix socket to listen on in place of a port" },
    { "compare", "DIR", "a second atlas, a file or a run directory, to compare with" },
    { "behind", "URL", "https origin that a proxy in front shows" },
    { "yes", "", "with --profile remote: show no estimate, and go on without a question" },
    { "replay", "", "as --provider replay: recorded answers and vectors alone, nobody is asked" },
    { "safety", "", "sign in, and pages of trust and safety for those whose role allows it" },
    { "format", "json|csv|jsonl", "how the clusters are written [json]" },
    { "of", "FACET", "the tree of this facet, of an atlas with several" },
    { "truth", "FILE.tsv", "labels: a header, conversation id and one column or more" },
    { "role", "ROLE", "viewer, analyst, safety or admin" },
    { "anchor", "N:HASH", "an entry of the log and its hash, as kept elsewhere" },
    { "key", "HEX", "public key of the log, as kept elsewhere" },
    { "account", "ID", "conversations of this account" },
    { "conversation", "ID", "the conversation of this id" },
    { "before", "DAY", "conversations of a time before this day, as 2026-01-31" },
};

const struct own_flag *command_own_flags(size_t *n)
{
    *n = sizeof own_flags / sizeof *own_flags;
    return own_flags;
}

// In "--account ID | --before DAY".
bool command_has_own(const struct command *command, const char *name, size_t len)
{
    for (const char *at = command->own; at && (at = strstr(at, "--")); at += 2)
        if (strncmp(at + 2, name, len) == 0 && strchr(" ]", at[2 + len])) // or the end
            return true;
    return false;
}
