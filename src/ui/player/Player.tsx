// Play, step, hop, speed, undo: everything that moves the moment shown. Nothing here changes the cluster except undo and reset.
import { memo } from 'react';
import { ChevronsRight, ChevronRight, FastForward, Footprints, Pause, Play, Radio, RotateCcw, Undo2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../design/Button.tsx';
import { clock, speedText } from '../i18n/format.ts';
import { finishBoot } from '../store/boot.ts';
import { useRun } from '../store/run-store.ts';
import { session } from '../store/session-client.ts';
import { setSpeed, togglePlay } from './controls.ts';
import css from './player.module.css';

export const Player = memo(function Player({ compact = false }: { readonly compact?: boolean }) {
  const { t } = useTranslation();
  const playing = useRun((run) => run.playing);
  const past = useRun((run) => run.past);
  const fold = useRun((run) => run.foldIdle);
  const inputs = useRun((run) => run.inputs);
  const following = useRun((run) => run.hops.length > 0);
  return (
    <div className={css.player} role="toolbar" aria-label={t('player.label')} data-compact={compact}>
      <IconButton className={css.play} label={t(playing ? 'player.pause' : 'player.play')} shortcut="Space" onClick={togglePlay}>{playing ? <Pause size={17} fill="currentColor" /> : <Play size={17} fill="currentColor" />}</IconButton>
      <IconButton label={t('player.step')} shortcut="." onClick={() => session.control({ control: 'step' })}><ChevronRight size={17} /></IconButton>
      <IconButton label={t('player.hop')} shortcut="H" disabled={!following} onClick={() => session.control({ control: 'hop' })}><Footprints size={15} /></IconButton>
      <IconButton label={t('player.next')} shortcut="N" onClick={() => session.control({ control: 'next-moment' })}><ChevronsRight size={17} /></IconButton>
      {!compact && <Speed compact={compact} />}
      {!compact && <IconButton label={t('player.fold')} shortcut="F" pressed={fold} onClick={() => session.control({ control: 'fold-idle', on: !fold })}><FastForward size={15} /></IconButton>}
      {!compact && <Now />}
      <button type="button" className={css.live} data-past={past} disabled={!past} onClick={() => session.control({ control: 'live' })} aria-label={past ? t('player.live') : t('player.liveNow')} title={`${t('player.live')} (L)`}>
        <Radio size={14} aria-hidden="true" />{past ? t(compact ? 'player.liveShort' : 'player.live') : t('player.liveNow')}
      </button>
      <span className={css.space} />
      <IconButton label={t('player.undo')} shortcut="Ctrl Z" disabled={inputs === 0} onClick={() => session.control({ control: 'undo' })}><Undo2 size={15} /></IconButton>
      <IconButton label={t('player.reset')} onClick={() => session.control({ control: 'reset' })}><RotateCcw size={15} /></IconButton>
      {compact && <span className={css.second}><Speed compact /><Now /></span>}
    </div>
  );
});

function Now() {
  const { t } = useTranslation();
  const nowMs = useRun((run) => run.nowMs);
  return <time className={css.now} title={t('player.now')}><span className="visually-hidden">{t('player.now')} </span>{clock(nowMs)}</time>;
}

function Speed({ compact }: { readonly compact: boolean }) {
  const { t } = useTranslation();
  const speed = useRun((run) => run.speed);
  const phase = useRun((run) => run.phase);
  // Slower than asked for: because a flow is followed hop by hop, or because the machine cannot.
  const paced = useRun((run) => run.playing && run.hops.length > 0 && run.actualSpeed < 0.02 && run.speed > 0.02);
  const actual = useRun((run) => (run.playing && run.actualSpeed >= 0.02 && run.actualSpeed < run.speed * 0.6 ? Number(run.actualSpeed.toPrecision(1)) : 0));
  const text = phase === 'booting' || phase === 'starting' ? t('player.booting') : paced ? t('player.paced') : speedText(speed);
  return (
    <label className={css.speed}>
      {!compact && <span className={css.speedName}>{t('player.speed')}</span>}
      <input
        type="range" min={-2} max={3} step={0.1} value={Math.log10(speed)} aria-label={t('player.speed')} aria-valuetext={text}
        onChange={(event) => {
          // Read first: leaving the fast start draws the slider anew, at the old speed.
          const speed = Number((10 ** Number(event.target.value)).toPrecision(2));
          finishBoot();
          setSpeed(speed);
        }}
      />
      <output className={css.speedText} title={actual > 0 ? t('player.slower', { speed: speedText(actual) }) : undefined}>{text}{actual > 0 && phase === 'live' ? ` (${speedText(actual)})` : ''}</output>
    </label>
  );
}
