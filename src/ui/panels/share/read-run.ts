// Opens a link from Share: the run is replayed to its moment and stands still there. A link that cannot be read says so, and a new
// cluster starts instead.
import i18next from 'i18next';
import { decodeLink } from '../../../session/link.ts';
import { setLanguage } from '../../i18n/i18n.ts';
import { embedOptions } from '../../embed/options.ts';
import { showProblem } from '../../store/notices.ts';
import { viewStore } from '../../store/view-store.ts';
import type { Opening } from '../../store/opening.ts';

function whenTextsAreThere(then: () => void): void {
  if (i18next.isInitialized) then();
  else i18next.on('initialized', then);
}

export async function readRun(hash: string): Promise<Opening | undefined> {
  const { value, problems } = decodeLink(hash.replace(/^#run=/, ''));
  if (value === undefined) {
    whenTextsAreThere(() => {
      const why = i18next.t(`panels:share.problem.${problems[0]?.key.replace('link.', '') ?? 'damaged'}` as 'app.title');
      showProblem(`${why} ${i18next.t('panels:share.instead' as 'app.title')}`);
    });
    return undefined;
  }
  const { run, momentMs, language, camera } = value;
  if (camera !== undefined) viewStore.setState({ camera });
  if (language !== undefined) whenTextsAreThere(() => void setLanguage(language));
  const lastMs = run.inputs.at(-1)?.atMs ?? 0;
  return { run, options: { untilMs: momentMs ?? lastMs, playing: embedOptions !== undefined, speed: 1 } };
}
