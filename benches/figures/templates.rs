//! How fast user data is rendered.

use std::time::{Duration, Instant};

use hoist::template::{Template, Templates, Values};
use serde_json::json;

/// A worker's user data, with what such a template has: values in YAML, in files and in a script, lists and conditions.
const WORKER: &str = "\
#cloud-config
hostname: {{yaml name}}
fqdn: {{yaml fqdn}}
timezone: Etc/UTC
package_update: true
packages:
{{#each packages}}
  - {{yaml this}}
{{/each}}
write_files:
{{#each files}}
{{> partials/write-file path=path content=content mode=\"0600\"}}
{{/each}}
{{#if (default docker false)}}
groups: [docker]
{{/if}}
runcmd:
  - [systemctl, enable, --now, {{yaml unit}}]
  - {{yaml command}}
";

/// The time to render so many workers' user data, each with values of its own.
pub(crate) fn worker_user_data(count: u32) -> Duration {
    let template = Template::handlebars("worker", WORKER, &Templates::built_in()).expect("the template is right");
    let condor = "CONDOR_HOST = 10.0.0.1\nSTART = TRUE # \"quoted\"\n".repeat(20);
    let script = "#!/bin/sh\nset -eu\nexec /usr/local/bin/worker --server \"$1\"\n".repeat(10);
    let values = |number: u32| -> Values {
        let json = json!({
            "name": format!("worker-{number}"), "fqdn": format!("worker-{number}.pool.example.org"),
            "packages": ["htcondor", "curl", "s3fs", "podman"], "docker": number.is_multiple_of(2),
            "files": [{"path": "/etc/condor/config.d/10-worker", "content": condor}, {"path": "/usr/local/sbin/start", "content": script}],
            "unit": "condor.service", "command": format!("/usr/local/sbin/start 'http://10.0.0.1:19211/{number}'"),
        });
        json.as_object().cloned().unwrap_or_default()
    };
    let started = Instant::now();
    let mut bytes = 0;
    for number in 0..count {
        bytes += template.render(&values(number)).expect("every name has a value").len();
    }
    let took = started.elapsed();
    assert!(bytes > count as usize * 1000, "something was rendered");
    took
}
