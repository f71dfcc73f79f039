// Types of first-view.mjs for the tests.
import type { BuildOptions } from "esbuild";

export function bundleFirstView(options: BuildOptions): Promise<{ files: Record<string, Buffer>; first: string[] }>;
