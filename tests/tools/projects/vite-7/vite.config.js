export default { optimizeDeps: { exclude: ["uber-vouchers"] } };
