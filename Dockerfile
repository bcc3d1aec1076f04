# The book in JupyterLab, for Binder and JupyterHub; alone: docker build -t book . && docker run -p 8888:8888 book
# Not yet run.
FROM python:3.11-slim-bookworm

# Binder asks for a user without rights who has this number.
ARG NB_USER=reader
ARG NB_UID=1000
RUN useradd --create-home --uid $NB_UID $NB_USER
ENV HOME=/home/$NB_USER
WORKDIR $HOME/book

# The locked packages first: this layer is made again only when the lock changes. A hub starts the last two.
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt \
 && pip install --no-cache-dir jupyterhub==5.* notebook==7.*

COPY --chown=$NB_USER . .
RUN python -c "import site; print('$HOME/book', file=open(site.getsitepackages()[0] + '/book.pth', 'w'))"
USER $NB_USER
CMD ["jupyter", "lab", "--ip=0.0.0.0", "chapters"]
