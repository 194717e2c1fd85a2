//! Declarations of TypeScript as text, as prettier would write them.

// A test may allocate.
#![allow(clippy::format_push_string)]

use crate::protocol::shape::Member;

/// Of a line, as prettier is told.
const WIDTH: usize = 100;

/// The lines of a list in a comment.
pub(super) fn entry(name: &str, docs: &[&str]) -> Vec<String> {
    let text = docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    vec![format!("- `{name}`: {text}")]
}

/// A comment of one line, or of several.
fn comment(docs: &[&str], width: usize) -> String {
    let paragraphs = paragraphs(docs);
    match paragraphs.as_slice() {
        [] => String::new(),
        [line] if line.len() + "/**  */".len() <= width => format!("/** {line} */\n"),
        _ => {
            let mut out = "/**\n".to_owned();
            for paragraph in paragraphs {
                for line in wrapped(&paragraph, width - " * ".len()) {
                    out += format!(" * {line}").trim_end();
                    out.push('\n');
                }
            }
            out + " */\n"
        }
    }
}

pub(super) fn doc(lines: &[&str]) -> String {
    comment(lines, WIDTH)
}

/// Lines that belong together, joined; an empty one stands between paragraphs.
fn paragraphs(docs: &[&str]) -> Vec<String> {
    let mut paragraphs = Vec::<String>::new();
    for line in docs.iter().map(|line| line.trim()) {
        match paragraphs.last_mut() {
            Some(last) if !last.is_empty() && !line.is_empty() => {
                last.push(' ');
                last.push_str(line);
            }
            _ => paragraphs.push(line.to_owned()),
        }
    }
    paragraphs
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

pub(super) fn interface(name: &str, docs: &[&str], members: &[Member]) -> String {
    let mut out = format!("\n{}export interface {name} {{\n", doc(docs));
    for Member { name, typescript, docs, .. } in members {
        for line in comment(docs, WIDTH - 2).lines() {
            out += &format!("  {line}\n");
        }
        out += &format!("  {name}: {typescript};\n");
    }
    out + "}\n"
}

pub(super) fn block(lines: &[String]) -> String {
    let mut out = "\n/**\n".to_owned();
    for line in lines {
        out += format!(" * {line}").trim_end();
        out.push('\n');
    }
    out + " */\n"
}

pub(super) fn constant(name: &str, value: &str) -> String {
    let line = format!("export const {name} = {value};\n");
    if line.len() <= WIDTH + 1 { line } else { format!("export const {name} =\n  {value};\n") }
}

pub(super) fn union(name: &str, members: &[&str]) -> String {
    let members = quoted(members);
    let joined = members.join(" | ");
    let line = format!("export type {name} = {joined};\n");
    if line.len() <= WIDTH + 1 {
        return line;
    }
    if joined.len() + 3 <= WIDTH {
        return format!("export type {name} =\n  {joined};\n");
    }
    format!("export type {name} =\n  | {};\n", members.join("\n  | "))
}

pub(super) fn list(name: &str, members: &[String], more: &str) -> String {
    let line = format!("export const {name} = [{}] as const{more};\n", members.join(", "));
    if line.len() <= WIDTH + 1 {
        return line;
    }
    format!("export const {name} = [\n  {},\n] as const{more};\n", members.join(",\n  "))
}

pub(super) fn quoted(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("\"{name}\"")).collect()
}

/// `NeedToken` as `NEED_TOKEN`.
pub(super) fn screaming(variant: &str) -> String {
    let mut out = String::new();
    for letter in variant.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    out
}

/// A number with its thousands apart.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let (thousands, rest) = digits.split_at(digits.len() - 3);
    format!("{thousands}_{rest}")
}
