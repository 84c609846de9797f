use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

/// What a token says of itself (RFC 7519, and HTCondor's `scope`). Nothing of it is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The identity of its holder.
    pub identity: String,
    /// The trust domain that it is for.
    pub domain: String,
    /// When it ends; `None`: never.
    pub ends: Option<Timestamp>,
    /// What it allows, such as `READ`; `None`: all that the identity may do.
    pub rights: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Payload {
    sub: String,
    iss: String,
    exp: Option<i64>,
    scope: Option<String>,
}

impl Claims {
    /// Reads a token; `None` if it is none of HTCondor's.
    pub fn of(token: &SecretString) -> Option<Self> {
        let mut parts = token.expose_secret().trim().split('.');
        let (_, payload, _) = (parts.next()?, parts.next()?, parts.next().filter(|part| !part.is_empty())?);
        let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        let payload: Payload = serde_json::from_slice(&payload).ok().filter(|_| parts.next().is_none())?;
        let rights = payload.scope.map(|scope| {
            scope.split_whitespace().filter_map(|one| one.strip_prefix("condor:/")).map(str::to_owned).collect()
        });
        let ends = payload.exp.map(Timestamp::from_second).transpose().ok()?;
        Some(Self { identity: payload.sub, domain: payload.iss, ends, rights })
    }

    /// Whether its names are such as stand in HTCondor's configuration as they are: letters, digits, and what separates
    /// those.
    pub fn are_plain(&self) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:/@%+".contains(&byte);
        [&self.identity, &self.domain].iter().all(|name| !name.is_empty() && name.bytes().all(is_plain))
    }

    /// Whether it is valid at this time.
    pub fn lasts_until(&self, time: Timestamp) -> bool {
        self.ends.is_none_or(|ends| ends >= time)
    }

    /// Returns those of these rights that it does not allow.
    pub fn lacks<'a>(&self, wanted: &[&'a str]) -> Vec<&'a str> {
        let Some(rights) = &self.rights else { return Vec::new() };
        wanted.iter().copied().filter(|wanted| !rights.iter().any(|right| right == wanted)).collect()
    }

    /// Returns what it allows beyond these rights, in words; `None`: nothing.
    pub fn beyond(&self, wanted: &[&str]) -> Option<String> {
        let Some(rights) = &self.rights else { return Some(format!("all that {} may do", self.identity)) };
        let more: Vec<&str> = rights.iter().map(String::as_str).filter(|right| !wanted.contains(right)).collect();
        (!more.is_empty()).then(|| more.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> SecretString {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2lnbmF0dXJl\n", part(r#"{"alg":"HS256","kid":"POOL"}"#), part(payload)).into()
    }

    #[test]
    fn a_token_tells_whose_it_is_and_what_for() {
        let whole = r#"{"exp":1796138816,"iat":1796135216,"iss":"cm.lab","jti":"b1","scope":"condor:\/ADVERTISE_STARTD condor:\/READ","sub":"condor@cm.lab"}"#;
        let claims = Claims::of(&token(whole)).unwrap();
        assert_eq!((claims.identity.as_str(), claims.domain.as_str()), ("condor@cm.lab", "cm.lab"));
        assert_eq!(claims.lacks(&["READ", "ADVERTISE_MASTER"]), ["ADVERTISE_MASTER"]);
        let odd = Claims::of(&token(r#"{"iss":"a lab","sub":"a@lab"}"#)).unwrap();
        let nameless = Claims::of(&token(r#"{"iss":"","sub":"a@lab"}"#)).unwrap();
        assert_eq!([claims.are_plain(), odd.are_plain(), nameless.are_plain()], [true, false, false]);
        let end = Timestamp::from_second(1_796_138_816).unwrap();
        assert!(claims.lasts_until(end) && !claims.lasts_until(end + jiff::SignedDuration::from_secs(1)));
        let endless = Claims::of(&token(r#"{"iss":"lab","sub":"a@lab"}"#)).unwrap();
        assert_eq!(claims.beyond(&["READ"]).as_deref(), Some("ADVERTISE_STARTD"));
        assert_eq!(claims.beyond(&["READ", "ADVERTISE_STARTD"]), None);
        assert_eq!(endless.beyond(&["READ"]).as_deref(), Some("all that a@lab may do"));
        assert!(endless.lasts_until(Timestamp::MAX) && endless.lacks(&["READ"]).is_empty());
    }

    #[test]
    fn what_is_no_token_is_none() {
        for text in ["", "a.b.c", "a.b", "password", "a.e30.c", "a.e30.c.d"] {
            assert_eq!(Claims::of(&text.into()), None, "{text}");
        }
    }
}
