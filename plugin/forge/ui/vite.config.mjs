import { defineConfig } from 'vite';

// Atlassian serves the files below an address of its own, under a policy that forbids inline script.
export default defineConfig({
  base: './',
  build: { outDir: 'dist', emptyOutDir: true, modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
});
