// Builds the page with the scripted feed and without the simulation: npx vite build --config src/ui/dev/vite.fake.config.mjs
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  mode: 'fake',
  base: './',
  css: { modules: { localsConvention: 'camelCaseOnly' } },
  plugins: [
    { name: 'no-simulation', enforce: 'pre', transform: (code, id) => (id.endsWith('store/session-client.ts') ? code.replace(/new Worker\([^;]*;/, 'undefined as never;') : undefined) },
    react(),
  ],
  build: { target: 'es2023', outDir: '/tmp/dist-fake', emptyOutDir: true, manifest: true, chunkSizeWarningLimit: 2000 },
});
