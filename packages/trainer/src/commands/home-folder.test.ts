import { homedir } from 'node:os';
import { expandHome } from './home-folder';

test('~ after the = of a flag is the home folder, as after a space; other ~ stay', () => {
  const home = homedir();
  expect(expandHome(['cv', '--weights=~/models', '--data-dir=~'])).toEqual([
    'cv',
    `--weights=${home}/models`,
    `--data-dir=${home}`,
  ]);
  const others = ['~/is-for-the-shell', '--name=a~b', '--name=~other', '--runs=x/~/y', '--epochs=3'];
  expect(expandHome(others)).toEqual(others);
});
