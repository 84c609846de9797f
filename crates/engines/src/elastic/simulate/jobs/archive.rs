use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::input_error::InputError;

/// Largest content in MiB, unpacked.
const MOST: u64 = 1024;

/// Unpacked size in MiB up to which a file may be packed as tightly as gzip can.
const FREE: u64 = 64;

/// Largest ratio of the unpacked size to that of the file, of larger content. Logs of jobs come to 10 to 50; blanks,
/// which would fill the memory, to 200 and more.
const TIGHTEST: u64 = 100;

/// Returns the content as text, unpacked if it is gzipped.
pub(super) fn text(content: &[u8]) -> Result<Cow<'_, str>, InputError> {
    let most = MOST << 20;
    let content =
        if content.starts_with(&[0x1f, 0x8b]) { Cow::Owned(unpack(content, most)?) } else { Cow::Borrowed(content) };
    if u64::try_from(content.len()).unwrap_or(u64::MAX) > most {
        return Err(InputError::TooLarge { most: MOST });
    }
    // The headers of old logs are written in Latin-1; everything else is ASCII or JSON.
    if content.trim_ascii_start().starts_with(b";") {
        return Ok(match content {
            Cow::Borrowed(content) => String::from_utf8_lossy(content),
            Cow::Owned(content) => Cow::Owned(String::from_utf8_lossy(&content).into_owned()),
        });
    }
    match content {
        Cow::Borrowed(content) => std::str::from_utf8(content).map(Cow::Borrowed),
        Cow::Owned(content) => String::from_utf8(content).map(Cow::Owned).map_err(|error| error.utf8_error()),
    }
    .map_err(|error| InputError::Text { at: error.valid_up_to() })
}

/// Unpacks at most `most` bytes and one, and no more than a log can have packed into `content`.
fn unpack(content: &[u8], most: u64) -> Result<Vec<u8>, InputError> {
    let packed = u64::try_from(content.len()).unwrap_or(u64::MAX);
    let bound = (FREE << 20).max(packed.saturating_mul(TIGHTEST)).min(most);
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(content).take(bound + 1).read_to_end(&mut unpacked).map_err(InputError::Archive)?;
    if bound < most && u64::try_from(unpacked.len()).unwrap_or(u64::MAX) > bound {
        return Err(InputError::TooTight { ratio: TIGHTEST, free: FREE });
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn gzipped_content_is_unpacked() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(b"; header\n1 0 0 60").unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(text(&packed).unwrap(), "; header\n1 0 0 60");
        let error = text(&packed[..packed.len() - 9]).unwrap_err().to_string();
        assert!(error.starts_with("the gzip file cannot be read"), "{error}");
    }

    #[test]
    fn a_file_that_unpacks_to_blanks_is_refused_before_it_fills_the_memory() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let blanks = vec![b' '; 1 << 20];
        (0..FREE + 8).for_each(|_| encoder.write_all(&blanks).unwrap());
        let packed = encoder.finish().unwrap();
        assert!(packed.len() < 1 << 20, "{}", packed.len());
        let error = text(&packed).unwrap_err().to_string();
        assert!(error.starts_with("the gzip file unpacks to more than 100 times its size"), "{error}");
    }

    #[test]
    fn latin_1_is_read_in_headers_only() {
        assert_eq!(text(b"; T\xfcbingen").unwrap(), "; T\u{fffd}bingen");
        assert_eq!(text(b"{\"at\xfc").unwrap_err().to_string(), "the workload is no UTF-8 text from byte 4 on");
    }
}
