//! Merges flags and plan with the environment.

use std::fmt;
use std::sync::Arc;

use super::tls::Tls;

/// How to reach a cloud with AWS's API, according to flags and the plan. Absent values come from the environment and
/// the user's AWS configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsConfig {
    /// The profile that holds credentials and settings.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Address of the API, where it is not AWS's own.
    pub endpoint: Option<String>,
    /// Whether the endpoint speaks only the oldest part of the EC2 API.
    pub compatible: bool,
    /// Number of the only permitted account: a search for instances with another account's credentials would find them
    /// gone.
    pub account: Option<String>,
}

/// Environment variables; tests supply their own.
#[derive(Clone)]
pub struct AwsEnvironment(Arc<Get>);

type Get = dyn Fn(&str) -> Option<String> + Send + Sync;

impl AwsEnvironment {
    /// Returns the environment of this process.
    pub fn of_process() -> Self {
        Self::from_fn(|name| std::env::var(name).ok())
    }

    /// Creates an environment in which `get` looks up a variable by name.
    pub fn from_fn(get: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(get))
    }

    /// Creates an environment of exactly these variables.
    pub fn of<const N: usize>(variables: [(&'static str, &str); N]) -> Self {
        let variables = variables.map(|(name, value)| (name, value.to_owned()));
        Self::from_fn(move |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()))
    }

    /// Returns a trimmed variable; an empty one counts as unset.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl fmt::Debug for AwsEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values are secrets.
        f.write_str("Environment")
    }
}

/// Result of merging flags, plan and environment, before any file is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ResolvedConfig {
    pub(super) profile: Option<String>,
    pub(super) region: Option<String>,
    pub(super) endpoint: Option<String>,
    /// Address of the object store, where it is not AWS's own.
    pub(super) storage: Option<String>,
    pub(super) compatible: bool,
    pub(super) credentials: CredentialsSource,
}

impl ResolvedConfig {
    /// Tells whether anything of it is reached by TLS.
    pub(super) fn tls(&self) -> Tls {
        let plain = |url: &Option<String>| url.as_ref().is_some_and(|url| url.starts_with("http://"));
        let given = matches!(self.credentials, CredentialsSource::Ec2 | CredentialsSource::Environment);
        match (plain(&self.endpoint), plain(&self.storage) && given) {
            (true, true) => Tls::Never,
            (true, false) => Tls::Perhaps,
            (false, _) => Tls::Always,
        }
    }
}

/// Source of the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CredentialsSource {
    /// `EC2_ACCESS_KEY` and `EC2_SECRET_KEY`.
    Ec2,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
    Environment,
    /// The named profile only.
    Profile,
    /// AWS's default chain: profiles, single sign-on, roles, the instance's own role.
    Chain,
}

/// Merges the sources; flags take precedence over the environment, and the environment over files. `EC2_URL` and its
/// keys, which the `ec2rc.sh` of EC2-like clouds sets, apply only where no other source names an endpoint.
pub(super) fn meant(config: &AwsConfig, environment: &AwsEnvironment) -> ResolvedConfig {
    let get = |name| environment.get(name);
    let endpoint = config.endpoint.clone().or_else(|| get("AWS_ENDPOINT_URL_EC2")).or_else(|| get("AWS_ENDPOINT_URL"));
    // A run that was launched through `EC2_URL` names it as its endpoint.
    let is_there = |url: &String| endpoint.as_ref().is_none_or(|endpoint| endpoint == url);
    let ec2_url = get("EC2_URL").filter(|url| is_there(url) && config.profile.is_none());
    let ec2_keys = environment.has("EC2_ACCESS_KEY") && environment.has("EC2_SECRET_KEY");
    let aws_keys = environment.has("AWS_ACCESS_KEY_ID") && environment.has("AWS_SECRET_ACCESS_KEY");
    // Keys go only to their own cloud: those of an EC2-like cloud never to AWS, and AWS's to an EC2-like cloud only if
    // it has none of its own.
    let credentials = if ec2_keys && ec2_url.is_some() {
        CredentialsSource::Ec2
    } else if config.profile.is_some() {
        CredentialsSource::Profile
    } else if aws_keys {
        CredentialsSource::Environment
    } else if ec2_keys && config.endpoint.is_some() {
        CredentialsSource::Ec2
    } else {
        CredentialsSource::Chain
    };
    let compatible = config.compatible || ec2_url.is_some();
    // An address for EC2 alone does not serve the object store.
    let for_all = get("AWS_ENDPOINT_URL").or_else(|| {
        let of_ec2 = get("AWS_ENDPOINT_URL_EC2");
        config.endpoint.clone().filter(|endpoint| !compatible && Some(endpoint) != of_ec2.as_ref())
    });
    ResolvedConfig {
        storage: get("AWS_ENDPOINT_URL_S3").or(for_all),
        profile: config.profile.clone().or_else(|| get("AWS_PROFILE")),
        region: config.region.clone().or_else(|| get("AWS_REGION")).or_else(|| get("AWS_DEFAULT_REGION")),
        compatible,
        endpoint: endpoint.or(ec2_url),
        credentials,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(endpoint: Option<&str>, profile: Option<&str>) -> AwsConfig {
        AwsConfig { endpoint: endpoint.map(str::to_owned), profile: profile.map(str::to_owned), ..AwsConfig::default() }
    }

    #[test]
    fn the_variables_of_ec2_like_clouds_count_where_nothing_else_does() {
        let rc = [("EC2_URL", "http://c:8773/"), ("EC2_ACCESS_KEY", "a"), ("EC2_SECRET_KEY", "b")];
        let alone = meant(&config(None, None), &AwsEnvironment::of(rc));
        assert_eq!(alone.endpoint.as_deref(), Some("http://c:8773/"));
        assert_eq!((alone.compatible, alone.credentials), (true, CredentialsSource::Ec2));

        let [url, key, secret] = rc;
        let with_aws =
            AwsEnvironment::of([url, key, secret, ("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "y")]);
        assert_eq!(meant(&config(None, None), &with_aws).credentials, CredentialsSource::Ec2);
        assert_eq!(meant(&config(Some("http://d"), None), &with_aws).credentials, CredentialsSource::Environment);

        let named = meant(&config(None, Some("work")), &AwsEnvironment::of(rc));
        assert_eq!((named.endpoint, named.compatible, named.credentials), (None, false, CredentialsSource::Profile));

        // A run that was launched through `EC2_URL` returns there, with the same keys.
        assert_eq!(meant(&config(Some("http://c:8773/"), None), &with_aws).credentials, CredentialsSource::Ec2);

        let keys = AwsEnvironment::of([key, secret]);
        assert_eq!(meant(&config(None, None), &keys).credentials, CredentialsSource::Chain);
        let elsewhere = meant(&config(Some("http://d"), None), &keys);
        assert_eq!((elsewhere.credentials, elsewhere.compatible), (CredentialsSource::Ec2, false));
    }

    #[test]
    fn tls_is_needed_unless_nothing_speaks_it() {
        let keys = [("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "y")];
        let tls = |endpoint: &str, variables: &[(&'static str, &'static str)]| {
            let variables = [keys.as_slice(), variables].concat();
            let get =
                move |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, to)| (*to).to_owned());
            meant(&config(Some(endpoint), None), &AwsEnvironment::from_fn(get)).tls()
        };
        assert_eq!(tls("http://c", &[]), Tls::Never);
        assert_eq!(tls("https://c", &[]), Tls::Always);
        assert_eq!(tls("http://c", &[("AWS_ENDPOINT_URL_S3", "https://s3")]), Tls::Perhaps);
        assert_eq!(meant(&config(None, None), &AwsEnvironment::of(keys)).tls(), Tls::Always);
        assert_eq!(meant(&config(Some("http://c"), Some("work")), &AwsEnvironment::of(keys)).tls(), Tls::Perhaps);
    }

    #[test]
    fn the_store_is_where_it_is_said_to_be() {
        let storage = |variables: &[(&'static str, &'static str)], endpoint: Option<&str>| {
            let variables = variables.to_vec();
            let get =
                move |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, to)| (*to).to_owned());
            meant(&config(endpoint, None), &AwsEnvironment::from_fn(get)).storage
        };
        assert_eq!(storage(&[], None), None);
        assert_eq!(storage(&[], Some("http://all")).as_deref(), Some("http://all"));
        assert_eq!(storage(&[("AWS_ENDPOINT_URL", "http://all")], None).as_deref(), Some("http://all"));
        let both = [("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_S3", "http://s3")];
        assert_eq!(storage(&both, None).as_deref(), Some("http://s3"));
        assert_eq!(storage(&[("AWS_ENDPOINT_URL_EC2", "http://ec2")], Some("http://ec2")), None);
        assert_eq!(storage(&[("EC2_URL", "http://c:8773/")], Some("http://c:8773/")), None);
    }

    #[test]
    fn flags_count_before_variables() {
        let environment = AwsEnvironment::of([
            ("AWS_REGION", "us-east-1"),
            ("AWS_PROFILE", "home"),
            ("AWS_ENDPOINT_URL", "http://general"),
            ("AWS_ENDPOINT_URL_EC2", "http://particular"),
            ("EC2_URL", "http://old"),
        ]);
        let flags = AwsConfig {
            profile: Some("work".to_owned()),
            region: Some("eu-west-1".to_owned()),
            endpoint: Some("http://mine".to_owned()),
            ..AwsConfig::default()
        };
        let with = meant(&flags, &environment);
        assert_eq!((with.profile.as_deref(), with.region.as_deref()), (Some("work"), Some("eu-west-1")));
        assert_eq!(with.endpoint.as_deref(), Some("http://mine"));
        let without = meant(&AwsConfig::default(), &environment);
        assert_eq!((without.profile.as_deref(), without.region.as_deref()), (Some("home"), Some("us-east-1")));
        assert_eq!((without.endpoint.as_deref(), without.compatible), (Some("http://particular"), false));
    }
}
