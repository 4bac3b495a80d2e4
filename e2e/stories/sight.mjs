// Two users meet: each sees the other, one walks, and the other sees it, and sees him go.

import { check, story } from './story.mjs';
import { distance, Viewer } from './viewer.mjs';

story(async ({ grid, users: [walker, watcher] }) => {
    const ann = await Viewer.enter(grid, walker, walker.start);
    const ben = await Viewer.enter(grid, watcher, watcher.start);
    await Promise.all([ann.sees(ben), ben.sees(ann)]);

    const { position: from } = await ben.sees(ann);
    const seen = ben.moves(ann, ({ position }) => distance(position, from) > 3);
    const rest = await ann.walkUntil(seen);
    await ben.moves(ann, ({ position, speed }) => speed < 0.05 && distance(position, rest) < 0.1, { since: 0 });

    const asked = performance.now();
    const [gone] = await Promise.all([ben.misses(ann), ann.leave()]);
    check(gone.at - asked < 1000, `the avatar was there for ${gone.at - asked} ms after the logout`);
    await ben.leave();
});
