//! Handles a request: the delay of its response, the fault that it meets, and what it
//! queues.

use super::Sandbox;
use super::date::http_date;
use super::endpoints::{Queue, invalid, too_many_requests, unauthorized};
use super::exchange::{Answer, IncomingRequest, Reply, refusal, with_body, with_header};
use super::faults::Fault;
use super::random::{Purpose, Random};
use crate::http::Response;

impl Sandbox {
    /// Handles a request that arrives now. It queues at once, no matter how late the
    /// response arrives.
    pub fn handle(&mut self, request: &IncomingRequest, now: u64) -> Reply {
        self.pass_time(now);
        self.requests += 1;
        let (low, high) = self.options.latency_ms;
        let mut latency = Random::new(self.options.seed, Purpose::Latency, self.requests);
        let answer = match (request.method.as_str(), request.path()) {
            ("POST", "/oauth/v2/token") => {
                Answer::Response(self.tokens.exchange(request, &self.options, now))
            }
            ("GET", "/oauth/v2/authorize") => {
                Answer::Response(self.tokens.authorize(request, &self.options, now))
            }
            _ => self.call(request, now),
        };
        let after_ms = latency.between(low, high);
        Reply {
            after_ms,
            answer: match answer {
                Answer::Response(response) => {
                    Answer::Response(self.stamped(response, now.saturating_add(after_ms)))
                }
                unanswered => unanswered,
            },
        }
    }

    /// Handles a request of a replayed run, in which nothing waits for the response.
    pub fn repeat(&mut self, mut request: IncomingRequest, now: u64) {
        // Naming the program has the same effect as listing its codes, of which there may
        // be millions.
        if request.method == "GET" {
            request.target = match request.path().strip_suffix("/codes") {
                Some(program) => program.to_owned(),
                None => request.target,
            };
        }
        let _ = self.handle(&request, now);
    }

    /// A call to the API, with its faults.
    fn call(&mut self, request: &IncomingRequest, now: u64) -> Answer {
        let mut detail = Random::new(self.options.seed, Purpose::FaultDetail, self.requests);
        let Some(fault) = self.fault() else {
            let verdict = self.judge(request, now);
            self.queue(verdict.queue, now);
            return Answer::Response(verdict.response);
        };
        let queued = match fault {
            Fault::ErrorAfter | Fault::ErrorPartial | Fault::LostAfter => true,
            Fault::Hang | Fault::HtmlError => detail.coin(),
            _ => false,
        };
        if queued {
            let verdict = self.judge(request, now);
            // A request that is refused anyway gets no 500.
            let internal = matches!(fault, Fault::ErrorAfter | Fault::ErrorPartial);
            if internal && verdict.response.head.status != 200 {
                return Answer::Response(verdict.response);
            }
            let queue = if fault == Fault::ErrorPartial {
                verdict.queue.map(|queue| self.part_of(queue))
            } else {
                verdict.queue
            };
            self.queue(queue, now);
        }
        Answer::Response(match fault {
            Fault::LostBefore | Fault::LostAfter => return Answer::Lost,
            Fault::Hang => return Answer::Hang,
            Fault::RateLimited => with_retry_after(too_many_requests(), &mut detail, now),
            Fault::Unauthorized => unauthorized(),
            Fault::BadRequest => invalid("The request is not valid"),
            Fault::HtmlError => {
                with_body(502, "text/html", "<html><h1>502 Bad Gateway</h1></html>")
            }
            Fault::HtmlOk => with_body(
                200,
                "text/html; charset=utf-8",
                "<!doctype html><title>Welcome</title><p>Sign in to use this network.",
            ),
            _ => refusal(500, "internal_server_error", "Internal server error"),
        })
    }

    /// The first fault that applies to this request.
    fn fault(&self) -> Option<Fault> {
        (0..).zip(Fault::ALL).find_map(|(index, fault)| {
            let key = self.requests << 5 | index;
            let of_webhooks = matches!(
                fault,
                Fault::WebhookLost
                    | Fault::WebhookDuplicated
                    | Fault::WebhookReordered
                    | Fault::WebhookForeign
            );
            let strikes = Random::new(self.options.seed, Purpose::Fault, key)
                .chance(self.options.faults.probability(*fault));
            (strikes && !of_webhooks).then_some(*fault)
        })
    }

    /// Chooses each code with even odds; of several codes, neither all nor none.
    fn part_of(&self, queue: Queue) -> Queue {
        let mut random = Random::new(self.options.seed, Purpose::Partial, self.requests);
        let total = queue.indices.len();
        let mut indices = queue.indices.clone();
        indices.retain(|_| random.coin());
        if total > 1 && indices.len() == total {
            indices.pop();
        }
        if total > 1 && indices.is_empty() {
            indices.extend(queue.indices.first());
        }
        Queue { indices, ..queue }
    }

    /// Delivers to the recipients, and schedules the webhooks with the outcomes.
    fn queue(&mut self, queue: Option<Queue>, now: u64) {
        let Some(queue) = queue else { return };
        let Some(program) = self.programs.get_mut(queue.program) else {
            return;
        };
        let mut deliveries = Vec::with_capacity(queue.indices.len());
        for index in queue.indices {
            let Some(delivery) = program.deliver(index) else { continue };
            let index = (queue.program, index);
            self.uses.expect(&self.options, &queue.organization, index, delivery, now);
            deliveries.push(delivery);
        }
        self.webhooks.report(&self.options, &queue.organization, &program.id, &deliveries, now);
    }

    /// Adds the fields of every response. No request id is documented; a trace id was
    /// observed on webhooks.
    fn stamped(&self, response: Response, at: u64) -> Response {
        let trace = Random::new(self.options.seed, Purpose::Trace, self.requests).uuid();
        let dated = with_header(response, "date", &http_date(at));
        with_header(dated, "x-uber-trace-id", &trace.to_string())
    }
}

/// Without a `Retry-After`, in seconds, or as a date: whether and how Uber sends one is
/// unknown.
fn with_retry_after(response: Response, random: &mut Random, now: u64) -> Response {
    let seconds = random.between(1, 5);
    match random.between(0, 2) {
        0 => response,
        1 => with_header(response, "retry-after", &seconds.to_string()),
        _ => {
            let date = http_date(now.saturating_add(seconds * 1_000));
            with_header(response, "retry-after", &date)
        }
    }
}
