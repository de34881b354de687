// SPDX-License-Identifier: MIT
// Microseconds that rusty-s3 takes for a presigned URL: peer-rust COUNT [plain].
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use std::hint::black_box;
use std::time::{Duration, Instant};

fn main() {
    let count: u32 = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .expect("usage: peer-rust COUNT [plain]");
    let plain = std::env::args().nth(2).as_deref() == Some("plain");
    let endpoint = "http://localhost:9000".parse().expect("a URL");
    let bucket = Bucket::new(
        endpoint,
        UrlStyle::Path,
        "session-recorder",
        "us-east-1",
    )
    .expect("a bucket");
    let credentials = Credentials::new("admin", "password123");
    let begun = Instant::now();
    for _ in 0..count {
        let mut action = bucket.get_object(
            Some(&credentials),
            "a0000001-0000-4000-8000-000000000001/sessions/\
             b0000001-0000-4000-8000-000000000001/data.ogg",
        );
        if !plain {
            action
                .query_mut()
                .insert("response-content-type", "audio/ogg");
            action.query_mut().insert(
                "response-content-disposition",
                "attachment; filename=\"DJ number 1 2026-11-21.ogg\"",
            );
        }
        black_box(action.sign(Duration::from_secs(3600)));
    }
    println!("{:.3}", begun.elapsed().as_secs_f64() * 1e6 / f64::from(count));
}
