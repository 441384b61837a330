// The header's sign that this page is joined to a door; what it opens says how to point a real kubectl at this cluster.
import { lazy, Suspense, useEffect, useState } from 'react';
import { Plug } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../design/Button.tsx';
import { nameDoor, useDoor } from '../../store/door.ts';

const DoorDialog = lazy(() => import('./DoorDialog.tsx').then((module) => ({ default: module.DoorDialog })));

export function DoorButton() {
  const { t } = useTranslation();
  const link = useDoor((door) => door.link);
  const [open, setOpen] = useState(false);
  useEffect(() => nameDoor(t('door.from')), [t]);
  if (link === 'absent') return null;
  return (
    <>
      <IconButton label={`${t('door.title')}: ${t(`door.${link}`)}`} onClick={() => setOpen(true)} data-door={link}><Plug size={16} style={link === 'joined' ? { color: 'var(--good)' } : {}} /></IconButton>
      {open && <Suspense fallback={null}><DoorDialog close={() => setOpen(false)} /></Suspense>}
    </>
  );
}
