//! Creates the JavaScript for a compiled module: `bindgen <module> <folder> <name>`.

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let mut next = |what| arguments.next().with_context(|| format!("{what} is missing"));
    let (module, folder, name) = (next("the module")?, next("the folder")?, next("the name")?);
    Bindgen::new()
        .input_path(module)
        .out_name(&name.to_string_lossy())
        .web(true)?
        .typescript(true)
        .encode_into(EncodeInto::Always)
        .omit_default_module_path(true)
        // wasm-opt orders functions by these, and then removes them.
        .remove_name_section(false)
        .remove_producers_section(true)
        .reset_state_function(true)
        .generate(folder)
}
