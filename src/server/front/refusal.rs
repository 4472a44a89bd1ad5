//! The front's own answers. Each is small and ends the connection.

use crate::web::FrontRefusal;

/// The response to a refused request; `None` where only the end of the connection can follow, since a response is
/// already on its way.
pub fn response(refusal: FrontRefusal) -> Option<String> {
    let (status, text) = match refusal {
        FrontRefusal::TooManyConnections => ("503 Service Unavailable", "all connections are in use, try again later"),
        FrontRefusal::TooManyOfClient => ("503 Service Unavailable", "too many connections from your address"),
        FrontRefusal::SlowHead => ("408 Request Timeout", "the request did not arrive in time"),
        FrontRefusal::SlowBody => ("408 Request Timeout", "the request's body arrives too slowly"),
        FrontRefusal::LargeHead => ("431 Request Header Fields Too Large", "the request's header fields are too large"),
        FrontRefusal::Malformed => ("400 Bad Request", "the request is malformed"),
        FrontRefusal::SlowReader => return None,
    };
    let retry = if status.starts_with("503") { "Retry-After: 10\r\n" } else { "" };
    Some(format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{retry}Connection: close\r\n\r\n{text}\n",
        text.len() + 1
    ))
}

/// The log line of a refusal.
pub const fn log_line(refusal: FrontRefusal) -> &'static str {
    match refusal {
        FrontRefusal::TooManyConnections => "refused a connection: all connections are in use",
        FrontRefusal::TooManyOfClient => "refused a connection: the client has its share of the connections",
        FrontRefusal::SlowHead => "ended a connection: the head of a request did not arrive in time",
        FrontRefusal::LargeHead => "refused a request: its head is too large",
        FrontRefusal::SlowBody => "ended a connection: the body of a request arrives too slowly",
        FrontRefusal::SlowReader => "ended a connection: the client reads its answer too slowly",
        FrontRefusal::Malformed => "refused a request: it is malformed",
    }
}
