"""The settings of git that name a program, a host or a file to follow: https://git-scm.com/docs/git-config.

`{}` is the path of a canary. A setting that needs others to take effect has them beside it. `test_git.py` compares this table
with the names that the installed git knows.
"""

from __future__ import annotations

Settings = dict[str, str]

_PARTIAL: Settings = {
    "core.repositoryformatversion": "1",
    "extensions.partialClone": "origin",
    "remote.origin.promisor": "true",
    "remote.origin.partialclonefilter": "blob:none",
}
_SSH: Settings = {**_PARTIAL, "remote.origin.url": "ssh://127.0.0.1/evil"}
_EXT: Settings = {
    **_PARTIAL,
    "remote.origin.url": "ext::{} %S",
    "protocol.ext.allow": "always",
    "protocol.allow": "always",
}
_FILE: Settings = {**_PARTIAL, "remote.origin.url": "file:///", "protocol.file.allow": "always"}

FETCHING: dict[str, Settings] = {
    "core.sshCommand": {**_SSH, "core.sshCommand": "{}"},
    "core.gitProxy": {**_PARTIAL, "remote.origin.url": "git://127.0.0.1/evil", "core.gitProxy": "{}"},
    "core.askPass": {**_PARTIAL, "remote.origin.url": "https://127.0.0.1:9/evil", "core.askPass": "{}"},
    "credential.helper": {**_PARTIAL, "remote.origin.url": "https://127.0.0.1:9/evil", "credential.helper": "!{}"},
    "credential.<url>.helper": {
        **_PARTIAL,
        "remote.origin.url": "https://127.0.0.1:9/evil",
        "credential.https://127.0.0.1:9.helper": "!{}",
    },
    "remote.<name>.url": _EXT,
    "remote.<name>.uploadpack": {**_FILE, "remote.origin.uploadpack": "{}"},
    "remote.<name>.vcs": {**_PARTIAL, "remote.origin.url": "evil://x", "remote.origin.vcs": "ext"},
    "remote.<name>.proxy": {**_PARTIAL, "remote.origin.url": "http://127.0.0.1:9/", "remote.origin.proxy": "{}"},
    "url.<base>.insteadOf": {
        **_EXT,
        "remote.origin.url": "https://example.org/x",
        "url.ext::{} .insteadOf": "https://",
    },
    "uploadpack.packObjectsHook": {**_FILE, "uploadpack.packObjectsHook": "{}"},
    "fetch.bundleURI": {**_EXT, "fetch.bundleURI": "ext::{}"},
}
"""Carried out when an object is missing and git fetches it."""

READING: dict[str, Settings] = {
    "core.fsmonitor": {"core.fsmonitor": "{}", "core.fsmonitorHookVersion": "2"},
    "core.hooksPath": {"core.hooksPath": "{}.hooks"},
    "core.pager": {"core.pager": "{}"},
    "core.editor": {"core.editor": "{}"},
    "core.alternateRefsCommand": {"core.alternateRefsCommand": "{}"},
    "core.attributesFile": {"core.attributesFile": "{}.attributes", "filter.evil.clean": "{}"},
    "core.excludesFile": {"core.excludesFile": "{}"},
    "core.worktree": {"core.worktree": "/", "core.fsmonitor": "{}"},
    "core.notesRef": {"core.notesRef": "refs/notes/evil", "notes.displayRef": "*", "core.pager": "{}"},
    "sequence.editor": {"sequence.editor": "{}"},
    "diff.external": {"diff.external": "{}"},
    "diff.<driver>.command": {"diff.evil.command": "{}"},
    "diff.<driver>.textconv": {"diff.evil.textconv": "{}", "diff.evil.cachetextconv": "true"},
    "diff.orderFile": {"diff.orderFile": "{}.order"},
    "diff.submodule": {"diff.submodule": "diff", "diff.ignoreSubmodules": "none", "core.pager": "{}"},
    "diff.tool": {"diff.tool": "evil", "difftool.evil.cmd": "{}", "difftool.evil.path": "{}", "diff.guitool": "evil"},
    "difftool.<tool>.cmd": {"difftool.evil.cmd": "{}", "difftool.evil.path": "{}"},
    "filter.<driver>.clean": {"filter.evil.clean": "{}", "filter.evil.required": "true"},
    "filter.<driver>.smudge": {"filter.evil.smudge": "{}", "filter.evil.required": "true"},
    "filter.<driver>.process": {"filter.evil.process": "{}", "filter.evil.required": "true"},
    "merge.<driver>.driver": {"merge.evil.driver": "{}", "merge.default": "evil"},
    "merge.tool": {"merge.tool": "evil", "merge.guitool": "evil", "mergetool.evil.cmd": "{}"},
    "mergetool.<tool>.cmd": {"mergetool.evil.cmd": "{}", "mergetool.evil.path": "{}"},
    "gpg.program": {"gpg.program": "{}", "log.showSignature": "true"},
    "gpg.<format>.program": {
        "gpg.openpgp.program": "{}",
        "gpg.x509.program": "{}",
        "gpg.ssh.program": "{}",
        "log.showSignature": "true",
    },
    "gpg.ssh.defaultKeyCommand": {"gpg.format": "ssh", "gpg.ssh.defaultKeyCommand": "{}", "commit.gpgSign": "true"},
    "pager.<cmd>": {"pager.diff": "{}", "pager.log": "{}", "pager.rev-parse": "{}", "pager.cat-file": "{}"},
    "alias.*": {"alias.diff": "!{}", "alias.log": "!{}", "alias.rev-parse": "!{}", "alias.status": "!{}"},
    "browser.<tool>.cmd": {"browser.evil.cmd": "{}", "browser.evil.path": "{}", "web.browser": "evil"},
    "man.<tool>.cmd": {"man.evil.cmd": "{}", "man.evil.path": "{}", "man.viewer": "evil"},
    "help.browser": {"help.browser": "evil", "help.format": "web", "browser.evil.cmd": "{}"},
    "help.autoCorrect": {"help.autoCorrect": "immediate", "alias.dif": "!{}"},
    "instaweb.httpd": {"instaweb.httpd": "{}", "instaweb.browser": "{}", "instaweb.modulePath": "{}"},
    "sendemail.smtpServer": {"sendemail.smtpServer": "{}", "sendemail.tocmd": "{}", "sendemail.ccCmd": "{}"},
    "imap.tunnel": {"imap.tunnel": "{}", "imap.host": "127.0.0.1"},
    "trailer.<token>.command": {"trailer.evil.command": "{}", "trailer.evil.cmd": "{}", "trailer.evil.key": "Evil"},
    "interactive.diffFilter": {"interactive.diffFilter": "{}"},
    "guitool.<name>.cmd": {"guitool.evil.cmd": "{}"},
    "init.templateDir": {"init.templateDir": "{}.hooks"},
    "tar.<format>.command": {"tar.evil.command": "{}"},
    "http.proxy": {"http.proxy": "http://127.0.0.1:9", "http.sslCAInfo": "{}", "http.cookieFile": "{}"},
    "remote.<name>.receivepack": {"remote.origin.receivepack": "{}", "remote.origin.url": "file:///"},
    "submodule.<name>.update": {
        "submodule.evil.update": "!{}",
        "submodule.evil.active": "true",
        "submodule.recurse": "1",
    },
    "status.submoduleSummary": {"status.submoduleSummary": "true", "submodule.recurse": "true", "core.pager": "{}"},
    "include.path": {"include.path": "{}.config"},
    "includeIf.<condition>.path": {"includeIf.gitdir:/.path": "{}.config", "includeIf.onbranch:main.path": "{}.config"},
    "extensions.worktreeConfig": {"core.repositoryformatversion": "1", "extensions.worktreeConfig": "true"},
    "maintenance.auto": {
        "maintenance.auto": "true",
        "gc.auto": "1",
        "gc.autoDetach": "false",
        "gc.recentObjectsHook": "{}",
    },
    "trace2.eventTarget": {"trace2.eventTarget": "{}.trace", "trace2.normalTarget": "{}.trace"},
    "mailmap.file": {"mailmap.file": "{}", "mailmap.blob": "HEAD:a.py"},
    "blame.ignoreRevsFile": {"blame.ignoreRevsFile": "{}"},
    "commit.template": {"commit.template": "{}"},
    "format.signatureFile": {"format.signatureFile": "{}"},
    "safe.directory": {"safe.directory": "*", "safe.bareRepository": "all", "core.fsmonitor": "{}"},
}
"""Carried out when git reads, compares, shows or writes."""

RUNNING = FETCHING | READING

TELLING_WORDS = (
    "askpass browser cmd command driver editor external filter fsmonitor helper hook hookspath httpd pager process program "
    "proxy ssh textconv tool tunnel viewer".split()
)
"""What a setting that runs something is called after. One of git's own names with such a word must be in the table, or here:"""

RUNS_NOTHING = frozenset(
    """
    advice.ignoredHook am.threeWay color.pager commitGraph.maxNewFilters commitGraph.readChangedPaths core.fsmonitorHookVersion
    clone.filterSubmodules completion.commands difftool.prompt difftool.trustExitCode fsmonitor.allowRemote fsmonitor.socketDir
    gitcvs.dbDriver http.proxyAuthMethod http.proxySSLCAInfo http.proxySSLCert http.proxySSLCertPasswordProtected
    http.proxySSLKey imap.sslverify mergetool.hideResolved mergetool.keepBackup mergetool.keepTemporaries
    mergetool.meld.hasOutput mergetool.meld.useAutoMerge mergetool.prompt mergetool.vimdiff.layout mergetool.writeToTemp
    advice.waitingForEditor rebase.abbreviateCommands ssh.variant gpg.ssh.allowedSignersFile gpg.ssh.revocationFile
    uploadpack.allowFilter uploadpackfilter.allow uploadpackfilter.tree.maxDepth
    """.split()
)
"""They choose how a program is run, or have such a word in another sense."""
