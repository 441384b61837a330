// The whole page: the layout for its width, or the embed, with what both need.
import { lazy, Suspense, useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Boundary } from './design/Boundary.tsx';
import { Button } from './design/Button.tsx';
import { Notices, Transcript } from './layout/Notices.tsx';
import { EmbedApp } from './embed/EmbedApp.tsx';
import { embedOptions } from './embed/options.ts';
import { listenToKeys } from './keyboard/shortcuts.ts';
import { useView } from './store/view-store.ts';

const DesktopLayout = lazy(() => desktop().then((module) => ({ default: module.DesktopLayout })));
const PhoneLayout = lazy(() => phone().then((module) => ({ default: module.PhoneLayout })));
const HelpDialog = lazy(() => import('./layout/HelpDialog.tsx').then((module) => ({ default: module.HelpDialog })));
const desktop = () => import('./layout/DesktopLayout.tsx');
const phone = () => import('./layout/PhoneLayout.tsx');

const wide = matchMedia('(min-width: 900px)');
/** Begins to load the layout before React asks for it. */
export function preloadLayout(): void {
  if (embedOptions === undefined) void (wide.matches ? desktop() : phone());
}

export function App({ start }: { readonly start: () => void }) {
  const isWide = useSyncExternalStore((changed) => {
    wide.addEventListener('change', changed);
    return () => wide.removeEventListener('change', changed);
  }, () => wide.matches);
  const help = useView((view) => view.help);
  useEffect(() => (embedOptions === undefined ? listenToKeys() : undefined), []);
  if (embedOptions !== undefined) return <><EmbedApp options={embedOptions} start={start} /><Transcript /></>;
  return (
    <>
      <Boundary fallback={<Broken />}><Suspense fallback={null}>{isWide ? <DesktopLayout /> : <PhoneLayout />}</Suspense></Boundary>
      {help && <Suspense fallback={null}><HelpDialog /></Suspense>}
      <Notices />
      <Transcript />
    </>
  );
}

/** A mistake of the page itself. The link keeps the run only if it was shared; so much is said. */
function Broken() {
  const { t } = useTranslation();
  return <div role="alert" style={{ padding: 24, display: 'grid', gap: 12, justifyItems: 'start' }}><p>{t('phase.broken')}</p><Button kind="primary" onClick={() => location.reload()}>{t('phase.reload')}</Button></div>;
}
