const NAME = 'paidan.crew.big';

/** The crew's page is read at arm's length: large at least, very large where somebody wants it. */
class BigText {
  on = $state(localStorage.getItem(NAME) === 'on');

  apply(): void {
    document.documentElement.dataset.size = 'large';
    document.documentElement.classList.toggle('crew-big', this.on);
  }

  toggle(): void {
    this.on = !this.on;
    localStorage.setItem(NAME, this.on ? 'on' : 'off');
    this.apply();
  }
}

export const bigText = new BigText();
