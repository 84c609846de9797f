//! What users stumble over: valid, and something else than meant.

use crate::userdata::lab::names;

#[test]
fn what_users_stumble_over_is_told() {
    for (text, name) in [
        (
            "#cloud-config\nusers:\n- name: app\nwrite_files:\n- path: /a\n  owner: app:app\n  content: x\n",
            "owner-before-user",
        ),
        ("#cloud-config\npower_state: {mode: reboot, delay: 5}\n", "power-state-delay"),
        ("#cloud-config\nusers:\n- default\n- name: a\n  uid: 010\n", "yaml-number"),
        ("#cloud-config\nwrite_files:\n- {path: /x, content: x, permissions: 644}\n", "permissions"),
        ("#cloud-config\nruncmd:\n- [echo, hello, '>', /tmp/x]\n", "quoted-operator"),
        ("#cloud-config\nusers: [default, {name: a, passwd: $6$salt$hashhashhashhashhash}]\n", "locked-password"),
        ("#cloud-config\nusers: [default, {name: a, lock_passwd: false, passwd: geheim}]\n", "password-not-hashed"),
        ("#cloud-config\nssh_authorized_keys: ['https://example.org/me.keys']\n", "ssh-key"),
        ("#cloud-config\nwrite_files:\n- {path: /home/ubuntu/.bashrc, content: x}\n", "home-before-user"),
        ("#cloud-config\nhostname: a\npreserve_hostname: true\n", "host-name-kept"),
        ("#cloud-config\nruncmd:\n- echo {{ v1.region }}\n", "jinja-not-rendered"),
        ("## template: jinja\n#cloud-config\nhostname: '{{ ds.meta-data.name }}'\n", "jinja-hyphen"),
        (
            "Content-Type: multipart/mixed; boundary=b\nMIME-Version: 1.0\n\n--b\nContent-Type: text/x-shellscript; name=a\n\n#!/bin/sh\n\
             --b\nContent-Type: text/x-shellscript; name=a\n\n#!/bin/sh\ntrue\n--b--\n",
            "file-name",
        ),
        ("#cloud-config\nversion: 1\nidentity: {hostname: x}\n", "unknown-key"),
        ("## template: jinja\n#cloud-config\nruncmd:\n{{ ds.tags | selectattr('a') | list }}\n", "jinja-value"),
        ("## template: jinja\n#cloud-config\npackagez: [a]\n", "misspelt-key"),
        ("## template: jinja\n#cloud-config\nruncmd:\n- if true; then echo {{ v1.region }}\n", "shell-syntax"),
        ("## template: jinja\n#cloud-config\nhostname: '{{ foo.bar.x }}'\n", "jinja-name"),
        ("#cloud-config\nruncmd: [touch, /tmp/x]\n", "flat-command"),
        ("#cloud-config\nruncmd:\n- reboot\n", "reboot-in-runcmd"),
        ("#cloud-config\nruncmd:\n- [shutdown, -r, now]\n", "reboot-in-runcmd"),
        ("#cloud-config\nbootcmd:\n- reboot\n", "each-boot"),
        ("#cloud-config\nbootcmd:\n- apt-get update\n", "each-boot"),
        ("#cloud-config\nruncmd:\n- apt-get install nginx\n", "no-answer"),
        ("#cloud-config\nruncmd:\n- [apt-get, install, -y, nginx]\n- source /etc/profile\n", "bash-in-sh"),
        ("#cloud-config\nruncmd:\n- cloud-init status --wait\n", "waits-for-itself"),
        ("#!/bin/bash\necho ${var.name}\n", "unrendered-variable"),
        ("#cloud-config\nruncmd:\n- [apt-get install -y nginx]\n", "one-word-command"),
        ("#cloud-config\nruncmd:\n- [rm, /tmp/*]\n", "quoted-operator"),
        ("#cloud-config\nruncmd:\n- [echo, $HOME]\n", "quoted-operator"),
        ("#cloud-config\nruncmd:\n- apt-get -y upgrade && reboot\n", "reboot-in-runcmd"),
        ("#!/bin/bash\n#cloud-config\npackages: [a]\n", "second-header"),
        ("#!/bin/bash\ndocker run -it ubuntu true\n", "no-terminal"),
        ("#!/bin/bash\nif true; then\n  cat <<EOF\n  x\n  EOF\nfi\n", "here-document-end"),
        ("#cloud-config\nusers: [default, {name: a, groups: sudo docker}]\n", "user-groups"),
        (
            "#cloud-config\nusers: [default, {name: a, system: true, ssh_authorized_keys: [ssh-ed25519 AAAA]}]\n",
            "user-without-home",
        ),
        ("#cloud-config\nhostname: my_host\n", "host-name"),
        ("#cloud-config\nwrite_files:\n- {path: ~/x, content: x}\n", "file-path"),
        ("#cloud-config\nwrite_files:\n- {path: etc/x, content: x}\n", "file-path"),
        ("#cloud-config\nwrite_files:\n- {path: /x, content: x, permissions: '4755'}\n", "permissions"),
    ] {
        let found = names(text);
        assert!(found.iter().any(|(found, _)| found == name), "{text}: {found:?}");
    }
    for text in [
        "#cloud-config\nwrite_files:\n- {path: /a, owner: 'root:root', content: x}\n",
        "#cloud-config\nwrite_files:\n- {path: /a, owner: 'app:app', content: x, defer: true}\n",
        "#cloud-config\nwrite_files:\n- {path: /a, owner: '1000:1000', content: x}\n",
        "#cloud-config\nusers: [default, {name: a}]\n",
        "#cloud-config\nusers: []\n",
        "#cloud-config\nruncmd:\n- [sh, -c, 'a | b > c']\n- a | b > c\n",
        "#cloud-config\nssh_authorized_keys: ['no-pty ssh-ed25519 AAAA me']\n",
        "#cloud-config\nwrite_files:\n- {path: /home/ubuntu/x, content: x, defer: true}\n",
        "#cloud-config\nwrite_files:\n- path: /usr/bin/hello\n  encoding: gzip\n  content: !!binary |\n    \
         H4sIAIDb/U8C/1NW1E/KzNMvzuBKTc7IV8hIzcnJVyjPL8pJ4QIA6N+MVxsAAAA=\n",
        "#cloud-config\npower_state: {mode: reboot, delay: now}\n",
        "#cloud-config\nruncmd: [ls, sync]\n",
        "#cloud-config\nruncmd:\n- [find, /x, -name, '*.log']\n- [sync]\n- [bash, -c, 'echo $HOME']\n",
        "#cloud-config\nruncmd:\n- [touch, /tmp/x]\n- apt-get install -y nginx\n",
        "#cloud-config\nbootcmd:\n- [cloud-init-per, once, fs, mkfs, /dev/vdb]\n",
        "#cloud-config\nusers: [default, {name: a, groups: 'sudo, docker'}]\n",
        "#cloud-config\nusers: [default, {name: a, system: true}]\n",
        "#cloud-config\nhostname: my-host.example.org\n",
        "#cloud-config\nmerge_how: 'list(append)+dict(no_replace,recurse_list)+str()'\npackages: [a]\n",
    ] {
        assert_eq!(names(text), [], "{text}");
    }
}
