export default { serverExternalPackages: ["uber-vouchers"] };
