use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::page::Page;
use super::request_line::RequestLine;

/// Longest header of a request, in bytes.
const LONGEST_HEADER: u64 = 8192;

/// Time in which a request must have come.
const ASKING: Duration = Duration::from_secs(3);

/// Time in which an answer must have been taken.
const ANSWERING: Duration = Duration::from_secs(10);

/// Time for which a connection is kept after its answer, so that its other end may close it.
const CLOSING: Duration = Duration::from_secs(1);

/// Largest number of connections. With a further one, the oldest is closed.
const MOST_AT_ONCE: usize = 64;

/// Answers requests over HTTP/1.1, one a connection.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
}

impl Listener {
    /// Opens the address.
    ///
    /// # Errors
    /// The address is in use, is none of this machine's, or may not be used by this user.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { socket: TcpListener::bind(address).await? })
    }

    /// Returns the address, with the port that was chosen for port 0.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Answers with the page that `pages` gives for a path, without end.
    pub async fn serve(self, pages: impl Fn(&str) -> Option<Page> + Send + Sync + 'static) {
        let pages = Arc::new(pages);
        let (mut connections, mut oldest_first) = (JoinSet::new(), VecDeque::<AbortHandle>::new());
        loop {
            let Ok((stream, _)) = self.socket.accept().await else {
                // Too many open files, for example, which pass.
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            };
            while connections.try_join_next().is_some() {}
            oldest_first.retain(|connection| !connection.is_finished());
            if oldest_first.len() >= MOST_AT_ONCE
                && let Some(oldest) = oldest_first.pop_front()
            {
                oldest.abort();
            }
            let pages = pages.clone();
            oldest_first.push_back(connections.spawn(async move {
                // Who is too slow or goes away gets no answer.
                let _ = answer(stream, &*pages).await;
            }));
        }
    }
}

async fn answer(mut stream: TcpStream, pages: &(impl Fn(&str) -> Option<Page> + ?Sized)) -> io::Result<()> {
    let Some(header) = timeout(ASKING, header(&mut stream)).await?? else { return Ok(()) };
    let line = String::from_utf8_lossy(&header);
    let (page, is_head) = match RequestLine::parse(line.lines().next().unwrap_or_default()) {
        Ok(line) => {
            let missing = || Page::text("404 Not Found", "there are /metrics and /healthz\n");
            (pages(&line.path).unwrap_or_else(missing), line.is_head)
        }
        Err(page) => (page, false),
    };
    timeout(ANSWERING, async {
        stream.write_all(page.to_http(is_head).as_bytes()).await?;
        stream.shutdown().await
    })
    .await??;
    // An end of the connection with unread bytes could take the answer back.
    timeout(CLOSING, tokio::io::copy(&mut stream.take(LONGEST_HEADER), &mut tokio::io::sink())).await?.map(drop)
}

/// Reads a header up to its empty line, or as much as is allowed. None: the connection ended before.
async fn header(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut header = Vec::new();
    let mut limited = stream.take(LONGEST_HEADER);
    loop {
        let is_whole = header.windows(4).any(|end| end == b"\r\n\r\n") || header.windows(2).any(|end| end == b"\n\n");
        if is_whole || header.len() as u64 >= LONGEST_HEADER {
            return Ok(Some(header));
        }
        if limited.read_buf(&mut header).await? == 0 {
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(request: &[u8]) -> String {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.address().unwrap();
        let pages = |path: &str| (path == "/healthz").then(|| Page::text("200 OK", "all is well\n"));
        let server = tokio::spawn(listener.serve(pages));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        server.abort();
        answer
    }

    #[tokio::test]
    async fn a_page_is_answered_with_its_length() {
        let answer = ask(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("Content-Length: 12\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nall is well\n"), "{answer}");
        let head = ask(b"HEAD /healthz HTTP/1.1\r\n\r\n").await;
        assert!(head.contains("Content-Length: 12\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    }

    #[tokio::test]
    async fn who_asks_is_answered_beside_many_who_never_finish_asking() {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.address().unwrap();
        let server = tokio::spawn(listener.serve(|_| Some(Page::text("200 OK", "all is well\n"))));
        let mut held = Vec::new();
        for _ in 0..3 * MOST_AT_ONCE {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET /metrics HT").await.unwrap();
            held.push(stream);
        }
        let began = std::time::Instant::now();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("all is well\n"), "{answer}");
        assert!(began.elapsed() < ASKING, "{:?}", began.elapsed());
        // The oldest was closed at once; the youngest when its time was over.
        for mut held in [held.remove(0), held.remove(3 * MOST_AT_ONCE - 2)] {
            let mut nothing = Vec::new();
            let end = timeout(2 * ASKING, held.read_to_end(&mut nothing)).await;
            assert!(end.is_ok() && nothing.is_empty(), "{nothing:?}");
        }
        server.abort();
    }

    #[tokio::test]
    async fn unknown_paths_and_broken_requests_are_refused() {
        assert!(ask(b"GET /secret HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 404 "));
        assert!(ask(b"DELETE /healthz HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 405 "));
        assert!(ask(&[b'x'; 9000]).await.starts_with("HTTP/1.1 400 "));
        assert!(ask(&[0xff, b'\n', b'\n']).await.starts_with("HTTP/1.1 400 "));
    }
}
