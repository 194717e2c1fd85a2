declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*_bg.inline.js" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
