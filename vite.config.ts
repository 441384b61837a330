// How the page is built: one static folder that works from any path, with the simulation in a module worker.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { bootSplit } from './scripts/boot-split/plugin.ts';

export default defineConfig({
  base: './',
  plugins: [react()],
  // Booting clusters to see what they run takes some seconds, and that is no fault of the build.
  worker: { format: 'es', plugins: () => [bootSplit('src/session/worker.main.ts', 'src/session/cli/boot-profile.ts')], rolldownOptions: { checks: { pluginTimings: false }, output: { comments: { annotation: false } } } },
  css: { modules: { localsConvention: 'camelCaseOnly' } },
  build: {
    target: 'es2023',
    sourcemap: false,
    rolldownOptions: { checks: { pluginTimings: false } },
    // Monaco, loaded when the editor is first touched. What a reader waits for is kept small by scripts/check-budget.mjs.
    chunkSizeWarningLimit: 3000,
    manifest: true,
  },
  server: { host: '127.0.0.1' },
  preview: { host: '127.0.0.1' },
});
