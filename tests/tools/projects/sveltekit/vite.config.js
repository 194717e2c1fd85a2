import adapter from "@sveltejs/adapter-node";
import { sveltekit } from "@sveltejs/kit/vite";

// The package is bundled, like anything in `devDependencies`.
export default {
  plugins: [sveltekit({ adapter: adapter() })],
  ssr: { noExternal: ["uber-vouchers"] },
};
