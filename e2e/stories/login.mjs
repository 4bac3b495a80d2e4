// One user logs in, is shown the region, and logs out; and once more, at a place that he names.

import { check, story } from './story.mjs';
import { distance, Viewer } from './viewer.mjs';

story(async ({ grid, users: [user] }) => {
    const viewer = await Viewer.enter(grid, user);
    const { bot, region } = viewer;

    check(region.regionName === 'Welcome', `arrived in ${region.regionName}`);
    await Promise.all([region.waitForTerrain(), region.waitForParcelOverlay(), region.waitForParcels()]);
    const { x, y } = viewer.landing;
    const ground = region.terrain[Math.floor(y)][Math.floor(x)];
    check(ground > 0, `the ground is shown at ${ground} m`);
    check(viewer.place.z > ground, `the avatar is shown at ${viewer.place.z} m, under the ground at ${ground} m`);
    check((await viewer.commands.grid.avatarKey2Name(bot.agentID())).getName() === viewer.name, 'the id has another name');
    await viewer.leave();

    const again = await Viewer.enter(grid, user, user.start);
    const [east, north] = user.start.split('&').slice(1).map(Number);
    const away = distance(again.landing, { x: east, y: north });
    check(away < 1, `landed ${away} m from ${user.start}`);
    await again.leave();
});
