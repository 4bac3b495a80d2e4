// Who does not know the password is refused, with the reason that makes viewers ask for another one. It does
// not disturb the user.

import { check, story } from './story.mjs';
import { Viewer } from './viewer.mjs';

story(async ({ grid, users: [user] }) => {
    const viewer = await Viewer.enter(grid, user, user.start);
    await refused(grid, { ...user, password: 'a guess' });
    await refused(grid, { ...user, first: 'Nobody' });
    await refused(grid, { ...user, password: '' });
    await viewer.commands.comms.say('Still here.');
    await viewer.hears(viewer, 'Still here.');
    await viewer.leave();
});

async function refused(grid, user) {
    const { bot } = new Viewer(grid, user, 'last');
    const refusal = await bot.login().then(() => undefined, (error) => error);
    check(refusal !== undefined, `let in: ${JSON.stringify(user)}`);
    check(refusal.reason === 'key', `refused for the reason ${refusal.reason}: ${refusal.message}`);
    check(refusal.message.length > 0, 'refused without a word');
}
