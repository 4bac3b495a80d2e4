// A viewer is killed without a word, and its user logs in again at once: he is let in at the first attempt.
// Another sees the dead one go, and the new one come.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { check, story } from './story.mjs';
import { Viewer } from './viewer.mjs';

story(async ({ grid, users: [mortal, witness] }) => {
    const watcher = await Viewer.enter(grid, witness, witness.start);
    const victim = fork(new URL('./victim.mjs', import.meta.url), [process.argv[2]]);
    const [id] = await Promise.race([once(victim, 'message'), ends(victim)]);
    await watcher.sees({ id });

    victim.kill('SIGKILL');
    await once(victim, 'exit');
    const since = watcher.diary.now;
    const viewer = await Viewer.enter(grid, mortal);
    check(viewer.id === id, 'the user has another id now');
    const { at: gone } = await watcher.misses(viewer, { since });
    const { at: seen } = await watcher.sees(viewer, { since });
    check(gone < seen, 'the new avatar came before the old one had gone');

    await viewer.commands.comms.say('Alive!');
    await watcher.hears(viewer, 'Alive!');
    await Promise.all([viewer.leave(), watcher.leave()]);
});

// ends fails when a process ends before its time.
async function ends(child) {
    const [code, signal] = await once(child, 'exit');
    throw new Error(`the victim ended by itself: ${code ?? signal}`);
}
